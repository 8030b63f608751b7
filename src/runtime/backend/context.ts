import type { PredictContext } from '../../construct/index.ts'
import type { Question } from '../exchange.ts'
import type { Observe } from '../observe.ts'

/** The context of a call, and the way to abort it. Its signal is made when it is first asked for: most never are. */
export class CallContext implements PredictContext {
  readonly id: string
  /** A property of its own, so that who hands on a copy of the context hands on its log. */
  readonly log: PredictContext['log']
  /** Called on abort, beside the signal. */
  onAbort: ((reason: Error) => void) | undefined
  reason: Error | undefined
  #controller: AbortController | undefined

  constructor({ id, traceparent }: Pick<Question, 'id' | 'traceparent'>, observe: Observe) {
    this.id = id
    this.log = (message, fields) =>
      observe({
        type: 'log',
        level: 'info',
        message: String(message),
        id,
        ...(fields && { fields: plain(fields) }),
        ...(traceparent !== undefined && { traceparent }),
      })
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
