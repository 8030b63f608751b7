import type { ServeProblem, State, Timings } from './exchange.ts'

/** What the server tells of its work, as data: metrics, logs and traces each make their own of it. */
export type ServeEvent =
  | { readonly type: 'received'; readonly route: Route }
  | ({ readonly type: 'answered' } & Answered)
  | { readonly type: 'state'; readonly state: State }
  /** One call of the component that answers `size` questions at once. */
  | { readonly type: 'batch'; readonly size: number }
  /** A worker ended that should not have; another takes its place. */
  | { readonly type: 'worker-lost'; readonly reason: WorkerLoss; readonly detail?: string }
  | ({ readonly type: 'log' } & LogLine)
  /** A line that user code printed. */
  | { readonly type: 'printed'; readonly stream: 'stdout' | 'stderr'; readonly line: string }

/** Where events go. Must not throw; is called often and does not wait. */
export type Observe = (event: ServeEvent) => void

/** The routes as metrics and spans name them, few and fixed: a caller's path never becomes a label. */
export type Route = '/predict' | '/livez' | '/readyz' | '/metrics' | '/openapi.json' | '/' | 'other'

/** A request that has ended, well or not. */
export type Answered = {
  readonly id: string
  readonly method: string
  readonly route: Route
  /** Of the answer; 499 where the caller left before it (nginx's number for that). */
  readonly status: number
  /** Milliseconds since the epoch, and how many it took until the last byte was handed over. */
  readonly started: number
  readonly milliseconds: number
  /** Set where the component was asked. */
  readonly timings?: Timings | undefined
  readonly problem?: ServeProblem | undefined
  /** Of this request's own span: its parent stands in `parent`. */
  readonly traceparent?: string | undefined
  /** The `traceparent` that the caller sent. */
  readonly parent?: string | undefined
}

export type WorkerLoss = 'crashed' | 'out-of-memory' | 'exited' | 'unresponsive'

/** What `context.log` writes, and what the server itself has to say. */
export type LogLine = {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields?: Readonly<Record<string, unknown>>
  /** The request that it belongs to. */
  readonly id?: string
  readonly traceparent?: string
}

/** Tells every one of `observers`. */
export function observeAll(observers: readonly Observe[]): Observe {
  const [only] = observers
  if (only && observers.length === 1) return only
  return (event) => {
    for (const observe of observers) observe(event)
  }
}
