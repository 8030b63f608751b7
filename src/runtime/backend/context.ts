import type { PredictContext } from '../../construct/index.ts'
import type { Question } from '../exchange.ts'
import type { Observe } from '../observe.ts'

/** The context of a call, and the way to abort it. Its signal and its log are made when they are first asked for: most never are. */
export class CallContext implements PredictContext {
  readonly id: string
  /** Called on abort, beside the signal. */
  onAbort: ((reason: Error) => void) | undefined
  reason: Error | undefined
  readonly #traceparent: string | undefined
  readonly #observe: Observe
  #log: PredictContext['log'] | undefined
  #controller: AbortController | undefined

  constructor({ id, traceparent }: Pick<Question, 'id' | 'traceparent'>, observe: Observe) {
    this.id = id
    this.#traceparent = traceparent
    this.#observe = observe
  }

  /** A function of its own, so that user code can take it out. */
  get log(): PredictContext['log'] {
    const [id, traceparent, observe] = [this.id, this.#traceparent, this.#observe]
    this.#log ??= (message, fields) =>
      observe({
        type: 'log',
        level: 'info',
        message: String(message),
        id,
        ...(fields && { fields: plain(fields) }),
        ...(traceparent !== undefined && { traceparent }),
      })
    return this.#log
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.reason) this.#controller.abort(this.reason)
    return this.#controller.signal
  }

  abort(reason: Error): void {
    if (this.reason) return
    this.reason = reason
    this.#controller?.abort(reason)
    this.onAbort?.(reason)
  }
}

/** Fields as JSON data: what user code hands over may be what no log can write, and no message hold. */
function plain(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(JSON.stringify(fields))
  } catch (cause) {
    return { fields: `cannot be written: ${cause instanceof Error ? cause.message : cause}` }
  }
}
