import type { Violation } from '../construct/index.ts'

/** What a caller asks, as bytes: it crosses to a worker unread. */
export type Question = {
  /** The request's id: `X-Request-Id`, or one of our own. */
  readonly id: string
  /** Media type of `body`, with its parameters. */
  readonly contentType: string
  readonly body: Uint8Array
  /** True where the caller takes the items of a stream one by one. */
  readonly stream: boolean
  /** https://www.w3.org/TR/trace-context/#traceparent-header */
  readonly traceparent?: string | undefined
}

/** What the component answers. */
export type Answer =
  /** JSON stays the text that it was made as. */
  | { readonly kind: 'value'; readonly contentType: string; readonly body: string | Uint8Array }
  /** The JSON text of each item. Nothing is computed ahead of the reader; `return()` stops the component. */
  | { readonly kind: 'items'; readonly items: AsyncIterable<Uint8Array> }

/** Milliseconds that a question waited, and that the component took for it. */
export type Timings = { readonly queued: number; readonly computed: number }

export type State = {
  readonly state: 'loading' | 'ready' | 'draining' | 'failed'
  /** Why it is not ready. */
  readonly reason?: string
  /** ISO 8601. */
  readonly since: string
}

/** What is needed of an AbortSignal, which is one of these. */
export type CallerSignal = {
  readonly aborted: boolean
  readonly addEventListener: (type: 'abort', listener: () => void) => void
  readonly removeEventListener: (type: 'abort', listener: () => void) => void
}

export type AskOptions = {
  /** Aborts when the caller has gone. */
  readonly signal: CallerSignal
  /** When it is given up, waiting included; on the clock of `performance.now()`. */
  readonly deadline: number
  /** When it came, on the same clock, where that was before now. */
  readonly received?: number
}

/** Where a component lies: plain data, so that it can be handed to a worker. */
export type ComponentSource = {
  /** An artifact's folder on this machine. */
  readonly directory: string
  /** Path of a part: that component alone. */
  readonly node?: string
  /** URL of the module that `import 'flambe'` means in the artifact's code. Default: this copy. */
  readonly flambe?: string
}

/** How much a backend has to do, for gauges. */
export type Load = {
  /** Questions that wait. */
  readonly waiting: number
  /** Questions that are being answered, streams included. */
  readonly running: number
  /** Workers that can answer; 1 where the component answers in this thread. */
  readonly workers: number
}

/** What answers: the component in this thread, or workers that hold it. It loads from the start. */
export type Backend<Source = ComponentSource> = {
  readonly state: () => State
  readonly load: () => Load
  /** Why a question that came now would find no place; `undefined` where it would. */
  readonly refusal: () => ServeFailure | undefined
  /** Rejects with a `ServeFailure`. */
  readonly ask: (question: Question, options: AskOptions) => Promise<Answer & { readonly timings: Timings }>
  /** Takes another component without dropping a question: the earlier one answers until the new one is ready. */
  readonly swap: (source: Source) => Promise<void>
  /** Takes no more questions, lets those that it has end, closes the component. Aborting ends them with 503. */
  readonly close: (options?: { readonly signal?: AbortSignal }) => Promise<void>
}

/** A failure as the caller sees it. https://www.rfc-editor.org/rfc/rfc9457 */
export type ServeProblem = {
  readonly status: number
  /** Last part of the problem's type URI: `input-invalid`, `queue-full`, … */
  readonly code: string
  readonly title: string
  readonly detail?: string
  readonly violations?: readonly Violation[]
  /** Seconds after which another try may succeed. */
  readonly retryAfter?: number
}

export class ServeFailure extends Error {
  override readonly name = 'ServeFailure'
  readonly problem: ServeProblem

  constructor(problem: ServeProblem, options?: { readonly cause?: unknown }) {
    super(problem.detail ?? problem.title, options)
    this.problem = problem
  }
}
