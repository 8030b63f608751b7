import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Progress, silent } from '../../progress.ts'
import { type AuthFile, parseAuthFile, storedCredentials } from './auth-file.ts'
import { runHelper } from './credential-helper.ts'
import type { Environment, RegistryOptions } from './options.ts'
import { quirksOf } from './quirks.ts'

/** What proves who we are. `identity` is a refresh token of OAuth2, `registry` a bearer token that needs no exchange. */
export type Credentials =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity'; readonly token: string }
  | { readonly kind: 'registry'; readonly token: string }

type Place = { readonly registry: string; readonly repository: string }

/**
 * The credentials for a repository: `login` if given, else the first that Docker's `config.json` or Podman's `auth.json` has for it (credential
 * helpers, then the store, then what the file itself holds), else anonymous. A file or helper that does not work is a warning, not an error.
 */
export async function findCredentials(
  place: Place,
  { login, env = {}, home, progress = silent }: RegistryOptions = {},
): Promise<Credentials> {
  if (login) return { kind: 'password', ...login }
  const keys = keysOf(place)
  for (const path of authFiles(env, home)) {
    const file = await readAuthFile(path, progress)
    const found = file && (await fromFile(file, { keys, env, progress }))
    if (found) return found
  }
  return { kind: 'anonymous' }
}

type SearchOptions = {
  readonly keys: readonly string[]
  readonly env: Environment
  readonly progress: Progress
}

async function fromFile(
  file: AuthFile,
  { keys, env, progress }: SearchOptions,
): Promise<Credentials | undefined> {
  const own = keys.flatMap((key) =>
    file.credHelpers[key] ? [{ helper: file.credHelpers[key], server: key }] : [],
  )
  const store = file.credsStore
    ? hostKeys(keys).map((server) => ({ helper: file.credsStore ?? '', server }))
    : []
  for (const { helper, server } of [...own.slice(0, 1), ...store]) {
    const answer = await runHelper(helper, server, { env })
    if (answer.kind === 'found') return answer.credentials
    if (answer.kind === 'failed') {
      progress({ type: 'warning', message: answer.message, hint: 'going on without this credential helper' })
      break
    }
  }
  return storedCredentials(file, keys)
}

/** Most specific first: Podman stores logins for a namespace too. */
function keysOf({ registry, repository }: Place): string[] {
  const parts = repository.split('/')
  const paths = parts.map((_, index) => `${registry}/${parts.slice(0, parts.length - index).join('/')}`)
  const { credentialKeys } = quirksOf(registry)
  return [...paths, ...credentialKeys, registry, `https://${registry}`]
}

/** What a store that knows only hosts may be asked for. */
function hostKeys(keys: readonly string[]): readonly string[] {
  const isHost = (key: string) => key.startsWith('https://') || !key.includes('/')
  return keys.filter(isHost).slice(0, 2)
}

function authFiles(env: Environment, home: string | undefined): string[] {
  const docker = env['DOCKER_CONFIG'] || (home && join(home, '.docker'))
  const runtime = env['XDG_RUNTIME_DIR']
  const config = env['XDG_CONFIG_HOME'] || (home && join(home, '.config'))
  const podman = env['REGISTRY_AUTH_FILE']
    ? [env['REGISTRY_AUTH_FILE']]
    : [runtime, config].filter((one) => one !== undefined).map((one) => join(one, 'containers', 'auth.json'))
  return [...(docker ? [join(docker, 'config.json')] : []), ...podman]
}

async function readAuthFile(path: string, progress: Progress): Promise<AuthFile | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const file = parseAuthFile(text)
  if (!file)
    progress({ type: 'warning', message: `${path} is not a JSON object: its credentials are not used` })
  return file
}
