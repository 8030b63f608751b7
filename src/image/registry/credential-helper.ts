import type { Credentials } from './credentials.ts'
import type { Environment } from './options.ts'

export type HelperAnswer =
  | { readonly kind: 'found'; readonly credentials: Credentials }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'failed'; readonly message: string }

/** The protocol's only word for "no such login": https://github.com/docker/docker-credential-helpers/blob/v0.9.3/credentials/error.go */
const notFound = 'credentials not found in native keychain'

/** Milliseconds: a helper may ask a cloud, and must not ask a person. */
const patience = 30_000

/**
 * Asks `docker-credential-NAME` for the credentials of `server`: https://github.com/docker/docker-credential-helpers#development.
 * Its output is never part of a message: it may hold the secret.
 */
export async function runHelper(
  name: string,
  server: string,
  { env }: { env: Environment },
): Promise<HelperAnswer> {
  const program = `docker-credential-${name}`
  // The name comes from a file: it must not lead out of PATH.
  if (!/^[\w.-]+$/.test(name))
    return { kind: 'failed', message: `the credential helper "${name}" has no valid name` }
  const { execa } = await import('execa')
  const result = await execa(program, ['get'], {
    input: server,
    env,
    extendEnv: false,
    reject: false,
    timeout: patience,
    stripFinalNewline: true,
  })
  if (result.failed && result.exitCode === undefined) {
    const reason = result.code === 'ENOENT' ? 'is not in PATH' : 'could not be run'
    return { kind: 'failed', message: `the credential helper ${program} ${reason}` }
  }
  if (result.exitCode !== 0) {
    return result.stdout.trim() === notFound
      ? { kind: 'unknown' }
      : { kind: 'failed', message: `the credential helper ${program} failed (exit ${result.exitCode})` }
  }
  const credentials = parseAnswer(result.stdout)
  return credentials
    ? { kind: 'found', credentials }
    : { kind: 'failed', message: `the credential helper ${program} gave no JSON with Username and Secret` }
}

function parseAnswer(text: string): Credentials | undefined {
  try {
    const { Username: username, Secret: secret } = JSON.parse(text) as {
      Username?: unknown
      Secret?: unknown
    }
    if (typeof username !== 'string' || typeof secret !== 'string') return undefined
    if (username === '<token>') return { kind: 'identity', token: secret }
    return username === '' && secret === ''
      ? { kind: 'anonymous' }
      : { kind: 'password', username, password: secret }
  } catch {
    return undefined
  }
}
