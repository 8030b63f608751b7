import type { Credentials } from './credentials.ts'

/** What we use of Docker's `config.json`: https://github.com/docker/cli/blob/v28.0.0/cli/config/configfile/file.go */
export type AuthFile = {
  readonly auths: { readonly [key: string]: AuthEntry | undefined }
  readonly credHelpers: { readonly [key: string]: string | undefined }
  readonly credsStore: string | undefined
}

type AuthEntry = {
  /** Base64 of `user:password`. */
  readonly auth?: string
  readonly username?: string
  readonly password?: string
  readonly identitytoken?: string
  readonly registrytoken?: string
}

export function parseAuthFile(text: string): AuthFile | undefined {
  try {
    const file: unknown = JSON.parse(text)
    if (typeof file !== 'object' || file === null || Array.isArray(file)) return undefined
    const { auths, credHelpers, credsStore } = file as { [key: string]: unknown }
    return {
      auths: entries(auths, parseEntry),
      credHelpers: entries(credHelpers, (value) => (typeof value === 'string' ? value : undefined)),
      credsStore: typeof credsStore === 'string' && credsStore !== '' ? credsStore : undefined,
    }
  } catch {
    return undefined
  }
}

/** What the file itself holds for the first of `keys` that it knows, in any of the forms that tools write them. */
export function storedCredentials({ auths }: AuthFile, keys: readonly string[]): Credentials | undefined {
  for (const key of keys) {
    const found = auths[key] ?? Object.entries(auths).find(([name]) => plainKey(name) === key)?.[1]
    const credentials = found && credentialsOf(found)
    if (credentials) return credentials
  }
  return undefined
}

function credentialsOf(entry: AuthEntry): Credentials | undefined {
  if (entry.identitytoken) return { kind: 'identity', token: entry.identitytoken }
  if (entry.registrytoken) return { kind: 'registry', token: entry.registrytoken }
  if (entry.username && entry.password !== undefined) {
    return { kind: 'password', username: entry.username, password: entry.password }
  }
  const pair = Buffer.from(entry.auth ?? '', 'base64')
    .toString('utf8')
    .replace(/\0+$/, '')
  const colon = pair.indexOf(':')
  return colon > 0
    ? { kind: 'password', username: pair.slice(0, colon), password: pair.slice(colon + 1) }
    : undefined
}

/** `https://host/v1/` as `host`. */
function plainKey(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/(v[12]\/?)?$/, '')
}

function entries<T>(
  value: unknown,
  parse: (value: unknown) => T | undefined,
): { [key: string]: T | undefined } {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, parse(one)]))
}

function parseEntry(value: unknown): AuthEntry | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const strings = Object.entries(value).filter(([, one]) => typeof one === 'string')
  return Object.fromEntries(strings)
}
