import type { IncomingHttpHeaders } from 'node:http'
import type { CallerSignal, ServeProblem, Timings } from '../exchange.ts'
import type { Route } from '../observe.ts'

/** What a handler knows of a request. Nothing of a socket is in it. */
export type ServeRequest = {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders
  /** When it came; on the clock of `performance.now()`. */
  readonly received: number
  /** Reads the body, decompressed and within its limit. Rejects with, or throws, a `ServeFailure`. */
  readonly body: () => Promise<Uint8Array>
  /** Aborts when the caller has gone. */
  readonly signal: CallerSignal
}

/** One header's text; `undefined` where it is absent. */
export function headerOf({ headers }: Pick<ServeRequest, 'headers'>, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

export type ServeResponse = {
  readonly status: number
  /** Names in lower case. `content-length` is added to a body that is whole. */
  readonly headers: Readonly<Record<string, string>>
  /** One that is iterated is pulled no faster than the caller reads, and returned when the caller leaves. */
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array>
  readonly timings?: Timings
  /** What went wrong, where something did; of a stream it is known when that has ended. */
  readonly problem?: () => ServeProblem | undefined
}

/** What the handler knows of a request beside what it says. */
export type RequestContext = {
  /** `X-Request-Id`, or one of our own. */
  readonly id: string
  /** Of this request's own span. */
  readonly traceparent?: string
}

/** What answers at one path. `HEAD`, `OPTIONS` and 405 follow from the methods. */
export type Resource = {
  /** Name in metrics and logs. */
  readonly route: Route
  /** Needs no token. */
  readonly open?: true
  readonly methods: Readonly<
    Record<string, (request: ServeRequest, context: RequestContext) => ServeResponse | Promise<ServeResponse>>
  >
}

/** An answer, and what observers want to know of it. */
export type Reply = ServeResponse & {
  readonly context: RequestContext & { readonly route: Route; readonly parent?: string }
}

export type Handler = (request: ServeRequest) => Promise<Reply>
