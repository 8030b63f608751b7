import type { Guard } from './addresses.ts'
import type { Authorizer } from './auth.ts'
import { type Clock, systemClock } from './clock.ts'
import { connectionFailure } from './connection-failure.ts'
import type { Endpoint } from './endpoint.ts'
import type { Body, HttpResponse } from './exchange.ts'
import { type Answer, answerFailure, type FailureContext, type RegistryError } from './failure.ts'
import { describeAnswer, isForeign, noRegistry } from './no-registry.ts'
import type { Quirks } from './quirks.ts'
import { readAll } from './read-all.ts'
import { isRead, type RegistryRequest, urlOf } from './registry-request.ts'
import { type RetryOptions, retry } from './retry.ts'
import { pull, push, type Scope } from './scope.ts'
import type { Transport } from './transport.ts'

export type RegistryParts = {
  readonly name: string
  readonly quirks: Quirks
  readonly endpoint: Endpoint
  readonly transport: Transport
  readonly authorizer: Authorizer
  readonly guard: Guard
  readonly redact: (text: string) => string
  readonly clock?: Clock | undefined
  readonly random?: (() => number) | undefined
  readonly signal?: AbortSignal | undefined
}

/** A connection to one registry: every request goes through it, with credentials, retries, and errors for people. */
export class Registry {
  /** As in references: `docker.io`. */
  readonly name: string
  readonly quirks: Quirks
  readonly clock: Clock
  readonly #parts: RegistryParts
  #bytesSent = 0

  constructor(parts: RegistryParts) {
    this.name = parts.name
    this.quirks = parts.quirks
    this.clock = parts.clock ?? systemClock
    this.#parts = parts
  }

  /** Bytes of blobs and manifests that went out so far, repeats included. */
  get bytesSent(): number {
    return this.#bytesSent
  }

  /** How this registry's failures are retried, for work of more than one request. */
  get retries(): RetryOptions {
    const { random, signal } = this.#parts
    return { clock: this.clock, signal, ...(random && { random }) }
  }

  /** Announces what will be needed later, so that the first token allows it. */
  want(scopes: readonly Scope[]): void {
    this.#parts.authorizer.want(scopes)
  }

  close(): void {
    this.#parts.transport.close()
  }

  /** The answer with its body unread. Throws `RegistryError` for a status that is not expected. */
  send(request: RegistryRequest): Promise<HttpResponse> {
    return retry(() => this.#once(request), this.#retriesOf(request))
  }

  /** The answer with its body in memory: for all that is not a blob. */
  ask(request: RegistryRequest): Promise<Answer & { readonly bytes: Buffer; readonly url: URL }> {
    return retry(async () => {
      const { status, headers, url, body } = await this.#once(request)
      const bytes = await readAll(body).catch((error) => {
        throw this.failure(error, request)
      })
      return { status, headers, url, bytes, text: bytes.toString('utf8') }
    }, this.#retriesOf(request))
  }

  /** What to throw for an exchange that broke off. */
  failure(error: unknown, request: Pick<RegistryRequest, 'repository' | 'step' | 'signal'>): unknown {
    const signal = request.signal ?? this.#parts.signal
    return signal?.aborted ? signal.reason : connectionFailure(error, this.#context(request))
  }

  /** What to throw where an answer shows that no registry gave it. */
  noRegistry(request: Pick<RegistryRequest, 'repository' | 'step'>, how: string): RegistryError {
    return noRegistry(this.#context(request), how)
  }

  async #once(request: RegistryRequest): Promise<HttpResponse> {
    const response = await this.#parts.endpoint
      .reach((root) => this.#authorized(request, root))
      .catch((error) => {
        throw this.failure(error, request)
      })
    if (isForeign(request, response)) {
      response.body.destroy()
      throw this.noRegistry(request, describeAnswer(response))
    }
    if (request.expect.includes(response.status)) return response
    const text = (await readAll(response.body).catch(() => Buffer.alloc(0))).toString('utf8')
    throw answerFailure({ ...response, text }, this.#context(request), this.clock.now())
  }

  /** Sends with what the registry wants to see, and once or twice again if it wants something else. */
  async #authorized(request: RegistryRequest, root: URL): Promise<HttpResponse> {
    const { authorizer, transport, guard, signal } = this.#parts
    const url = urlOf(request, root)
    const isOwn = url.origin === root.origin
    if (!isOwn) await guard(url)
    const scope = isRead(request) ? pull(request.repository) : push(request.repository)
    for (let tries = 1; ; tries++) {
      const authorization = isOwn ? await authorizer.header([scope]) : undefined
      const response = await transport.send({
        method: request.method,
        url,
        headers: { 'user-agent': 'flambe', ...request.headers, ...(authorization && { authorization }) },
        body: request.body && this.#counted(request.body),
        signal: request.signal ?? signal,
      })
      if (response.status !== 401 || !isOwn || tries === 3) return response
      const header = response.headers['www-authenticate']
      if (!(await authorizer.challenged(header, authorization))) return response
      response.body.resume()
    }
  }

  #counted({ length, open }: Body): Body {
    const count = (bytes: number) => {
      this.#bytesSent += bytes
    }
    async function* counted() {
      for await (const chunk of open()) {
        count(chunk.length)
        yield chunk
      }
    }
    return { length, open: counted }
  }

  #retriesOf({ attempts }: RegistryRequest): RetryOptions {
    return { ...this.retries, ...(attempts && { attempts }) }
  }

  #context({ repository, step }: Pick<RegistryRequest, 'repository' | 'step'>): FailureContext {
    const { name, quirks, authorizer, redact } = this.#parts
    return { registry: name, repository, step, quirks, redact, loggedIn: authorizer.isLoggedIn }
  }
}
