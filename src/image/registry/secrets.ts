import type { Environment } from './options.ts'

/** What must not appear in anything that we say. */
export type Secrets = {
  readonly keep: (secret: string) => void
  /** `text` with every secret, plain or as URLs write it, replaced by `***`. */
  readonly redact: (text: string) => string
}

export function createSecrets(env: Environment = {}): Secrets {
  const all = new Set<string>()
  const keep = (secret: string) => {
    // A shorter one would make nonsense of every text, and is no secret.
    if (secret.length < 4) return
    all.add(secret)
    all.add(encodeURIComponent(secret))
  }
  for (const name of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']) {
    const password = URL.parse(env[name] ?? '')?.password
    if (password) keep(decodeURIComponent(password))
  }
  const redact = (text: string) => {
    const longestFirst = [...all].sort((a, b) => b.length - a.length)
    return longestFirst.reduce((cleaned, secret) => cleaned.replaceAll(secret, '***'), text)
  }
  return { keep, redact }
}
