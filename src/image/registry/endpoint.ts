import { isLoopback } from './addresses.ts'
import { isOtherProtocol } from './connection-failure.ts'
import type { HttpResponse } from './exchange.ts'
import type { RegistryOptions } from './options.ts'

/** The root of a registry's API. Whether it speaks http or https there is found out by the first exchange. */
export class Endpoint {
  readonly #host: string
  #protocols: readonly [string, string?]

  constructor(host: string, { insecure = false, caFile }: Pick<RegistryOptions, 'insecure' | 'caFile'> = {}) {
    this.#host = host
    const isLocal = isLoopback(new URL(`http://${host}`).hostname) && caFile === undefined
    const other = insecure ? (['https:', 'http:'] as const) : (['https:'] as const)
    this.#protocols = isLocal ? ['http:', 'https:'] : other
  }

  get root(): URL {
    return this.#rootBy(this.#protocols[0])
  }

  /** Runs an exchange with the protocol that the registry speaks. */
  async reach(work: (root: URL) => Promise<HttpResponse>): Promise<HttpResponse> {
    const [first, second] = this.#protocols
    const answer = await work(this.#rootBy(first)).catch((error: unknown) => {
      if (second === undefined || !isOtherProtocol(error)) throw error
      return { error }
    })
    if (second === undefined || !isDoubtful(answer, first)) return this.#settle(first, answer)
    try {
      return this.#settle(second, await work(this.#rootBy(second)))
    } catch (error) {
      if (isOtherProtocol(error)) return this.#settle(first, answer)
      throw error
    }
  }

  #rootBy(protocol: string): URL {
    return new URL(`${protocol}//${this.#host}`)
  }

  #settle(protocol: string, answer: HttpResponse | { readonly error: unknown }): HttpResponse {
    if ('error' in answer) throw answer.error
    this.#protocols = [protocol]
    return answer
  }
}

/** A server of https answers a request in plain http with a 400 of no registry. */
function isDoubtful(answer: HttpResponse | { readonly error: unknown }, protocol: string): boolean {
  if ('error' in answer) return true
  return protocol === 'http:' && answer.status === 400 && !answer.headers['docker-distribution-api-version']
}
