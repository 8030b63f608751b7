import type { CallerSignal } from '../exchange.ts'

/** Says when the caller of one request has gone. A whole AbortController costs more than to parse the request. */
export class Caller implements CallerSignal {
  aborted = false
  #listeners: readonly (() => void)[] = []

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = [...this.#listeners, listener]
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.filter((one) => one !== listener)
  }

  leave(): void {
    if (this.aborted) return
    this.aborted = true
    for (const listener of this.#listeners) listener()
  }
}
