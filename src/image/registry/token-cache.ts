import { formatScope, type Scope } from './scope.ts'
import type { Token } from './token.ts'

type Fetch = (scopes: readonly Scope[]) => Promise<Token>

/** Tokens by what they allow. Callers that need the same one wait for one request. */
export class TokenCache {
  readonly #fetch: Fetch
  readonly #now: () => number
  readonly #tokens = new Map<string, Token>()
  readonly #flights = new Map<string, Promise<Token>>()

  constructor(fetch: Fetch, { now }: { now: () => number }) {
    this.#fetch = fetch
    this.#now = now
  }

  /** A token for `scopes` that is not about to end. */
  async get(scopes: readonly Scope[]): Promise<string> {
    const key = scopes.map(formatScope).sort().join(' ')
    const held = this.#tokens.get(key)
    if (held && held.staleAt > this.#now()) return held.value
    return (await (this.#flights.get(key) ?? this.#start(key, scopes))).value
  }

  /** Forgets a token that the registry did not take. */
  drop(value: string): void {
    for (const [key, token] of this.#tokens) if (token.value === value) this.#tokens.delete(key)
  }

  #start(key: string, scopes: readonly Scope[]): Promise<Token> {
    const flight = this.#fetch(scopes)
      .then((token) => {
        this.#tokens.set(key, token)
        return token
      })
      .finally(() => this.#flights.delete(key))
    this.#flights.set(key, flight)
    return flight
  }
}
