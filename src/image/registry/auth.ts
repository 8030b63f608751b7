import { type Challenge, parseChallenge } from './challenge.ts'
import type { Credentials } from './credentials.ts'
import { RegistryError } from './failure.ts'
import { parseScopes, type Scope, unite } from './scope.ts'
import { basic, type Token } from './token.ts'
import { TokenCache } from './token-cache.ts'

export type Bearer = Extract<Challenge, { scheme: 'bearer' }>

export type AuthorizerOptions = {
  readonly credentials: () => Promise<Credentials>
  readonly fetchToken: (bearer: Bearer, scopes: readonly Scope[], credentials: Credentials) => Promise<Token>
  readonly now: () => number
  /** Gets each secret as it becomes known. */
  readonly keepSecret: (secret: string) => void
  /** What the registry asked for last time. It is no secret, and saves the round trip of a 401. */
  readonly remembered?: Challenge | undefined
  readonly remember: (challenge: Challenge | undefined) => Promise<void>
}

/** Logs in to one registry, and only when it asks. */
export class Authorizer {
  readonly #options: AuthorizerOptions
  readonly #tokens: TokenCache
  #challenge: Challenge | undefined
  #isGuess: boolean
  #wanted: readonly Scope[] = []
  #credentials: Promise<Credentials> | undefined
  #isLoggedIn = false

  constructor(options: AuthorizerOptions) {
    this.#options = options
    this.#challenge = options.remembered
    this.#isGuess = options.remembered !== undefined
    this.#tokens = new TokenCache((scopes) => this.#fetch(scopes), { now: options.now })
  }

  /** Whether there are credentials; known once the registry has asked. */
  get isLoggedIn(): boolean {
    return this.#isLoggedIn
  }

  /** Has the next token allow these scopes too, so that one token does for all that is to come. */
  want(scopes: readonly Scope[]): void {
    this.#wanted = unite(this.#wanted, scopes)
  }

  /** The `Authorization` for a request that needs `scopes`, if the registry wants one. */
  async header(scopes: readonly Scope[]): Promise<string | undefined> {
    if (!this.#challenge) return undefined
    const own = await this.#own()
    if (this.#challenge.scheme === 'basic') return own.kind === 'password' ? basic(own) : undefined
    if (own.kind === 'registry') return `Bearer ${own.token}`
    try {
      return `Bearer ${await this.#token(scopes)}`
    } catch (error) {
      if (!this.#isGuess) throw error
      // What was remembered may be out of date: then the registry is asked afresh.
      const isRefused = error instanceof RegistryError && error.code === 'DENIED'
      if (isRefused) this.#challenge = undefined
      else await this.#learn(undefined)
      return undefined
    }
  }

  /** Learns from a 401 to a request that went out with the header `used`: whether it is worth sending again. */
  async challenged(text: string | undefined, used: string | undefined): Promise<boolean> {
    const asked = parseChallenge(text)
    if (!asked) return false
    const own = await this.#own()
    if (asked.scheme === 'basic' && (own.kind !== 'password' || used === basic(own))) return false
    if (asked.scheme === 'bearer') {
      this.#wanted = unite(parseScopes(asked.scope), this.#wanted)
      if (used) this.#tokens.drop(used.replace(/^Bearer /, ''))
    }
    await this.#learn(asked)
    return true
  }

  async #learn(challenge: Challenge | undefined): Promise<void> {
    this.#challenge = challenge
    this.#isGuess = false
    await this.#options.remember(challenge)
  }

  #own(): Promise<Credentials> {
    this.#credentials ??= this.#options.credentials().then((one) => {
      this.#isLoggedIn = one.kind !== 'anonymous'
      for (const secret of secretsOf(one)) this.#options.keepSecret(secret)
      return one
    })
    return this.#credentials
  }

  /** One token for all that is wanted; if that is refused as a whole, for this repository alone from then on. */
  async #token(scopes: readonly Scope[]): Promise<string> {
    const union = unite(scopes, this.#wanted)
    try {
      return await this.#tokens.get(union)
    } catch (error) {
      const isRefused = error instanceof RegistryError && error.code === 'DENIED'
      const own = union.filter(({ repository }) => scopes.some((scope) => scope.repository === repository))
      if (!isRefused || union.length === own.length) throw error
      this.#wanted = own
      return await this.#tokens.get(own)
    }
  }

  async #fetch(scopes: readonly Scope[]): Promise<Token> {
    if (this.#challenge?.scheme !== 'bearer') throw new TypeError('a token needs a Bearer challenge')
    const token = await this.#options.fetchToken(this.#challenge, scopes, await this.#own())
    this.#options.keepSecret(token.value)
    return token
  }
}

/** Every form in which a secret could come back to us. */
function secretsOf(credentials: Credentials): string[] {
  if (credentials.kind === 'anonymous') return []
  if (credentials.kind !== 'password') return [credentials.token]
  return [credentials.password, basic(credentials).slice('Basic '.length)]
}
