import type { PredictContext } from '../../construct/index.ts'
import type { Observe } from '../observe.ts'

/** The context of one question, and the way to abort it. Its signal is made when it is first asked for: most never are. */
export class QuestionContext implements PredictContext {
  readonly id: string
  readonly log: PredictContext['log']
  #controller: AbortController | undefined
  #reason: Error | undefined

  constructor(id: string, { observe, traceparent }: { observe: Observe; traceparent?: string | undefined }) {
    this.id = id
    this.log = (message, fields) =>
      observe({
        type: 'log',
        level: 'info',
        message,
        id,
        ...(fields && { fields }),
        ...(traceparent !== undefined && { traceparent }),
      })
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  abort(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(this.#reason)
  }
}
