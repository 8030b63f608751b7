import type { CallerSignal } from '../exchange.ts'

/** Says when the caller of one request has gone. A whole AbortController costs more than to parse the request. */
export class Caller implements CallerSignal {
  aborted = false
  #listeners: (() => void)[] | undefined

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners ??= []
    this.#listeners.push(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const index = this.#listeners?.indexOf(listener) ?? -1
    if (index !== -1) this.#listeners?.splice(index, 1)
  }

  leave(): void {
    if (this.aborted) return
    this.aborted = true
    for (const listener of [...(this.#listeners ?? [])]) listener()
  }
}
