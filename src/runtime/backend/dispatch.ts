import type { Mean } from './mean.ts'
import type { Call, Runner } from './runner.ts'
import type { Ticket } from './ticket.ts'
import type { Waiting } from './waiting.ts'

export type DispatchOptions = {
  readonly maxBatchSize: number
  /** Milliseconds. */
  readonly maxBatchWait: number
  readonly callTime: Mean
  /** Called when a call goes, before it does. */
  readonly sending: (call: Call) => void
  /** Called when questions that were held back may go. */
  readonly again: () => void
}

/** A call that waits in a busy thread for so many milliseconds goes to an idle one instead. */
const patience = 2

/** Lets questions go to runners, first come first served, to the one that has least to do. */
export class Dispatch {
  readonly runners = new Set<Runner>()
  readonly #waiting: Waiting<Ticket>
  readonly #options: DispatchOptions
  #hold: NodeJS.Timeout | undefined
  #look: NodeJS.Timeout | undefined

  constructor(waiting: Waiting<Ticket>, options: DispatchOptions) {
    this.#waiting = waiting
    this.#options = options
  }

  /** Questions that would not wait at all. */
  room(): number {
    let room = 0
    for (const runner of this.runners) {
      const calls = Math.max(0, this.#depth(runner) - runner.calls.size)
      room += runner.batches ? calls * this.#options.maxBatchSize : calls
    }
    return room
  }

  run(): void {
    const now = performance.now()
    while (this.#waiting.size() > 0) {
      const runner = this.#freest()
      if (!runner || (runner.batches && this.#holds())) break
      this.#send(runner, { most: runner.batches ? this.#options.maxBatchSize : 1, now })
    }
    if (this.#waiting.size() === 0 && this.runners.size > 1) this.#relieve()
    for (const runner of this.runners) runner.flush()
  }

  #depth(runner: Runner): number {
    return runner.depth(this.#options.callTime.value())
  }

  #freest(): Runner | undefined {
    let best: Runner | undefined
    for (const runner of this.runners) {
      if (runner.calls.size >= this.#depth(runner)) continue
      if (!best || runner.calls.size < best.calls.size) best = runner
    }
    return best
  }

  /**
   * Questions that found all runners busy may be held for others to join them; one that found an idle runner never
   * is. So batching makes a busy server faster and an idle one no slower.
   */
  #holds(): boolean {
    const { maxBatchSize, maxBatchWait, again } = this.#options
    const first = this.#waiting.first()
    if (maxBatchWait === 0 || !first?.foundBusy || this.#waiting.size() >= maxBatchSize) return false
    const left = first.asked + maxBatchWait - performance.now()
    if (left <= 0) return false
    clearTimeout(this.#hold)
    this.#hold = setTimeout(again, Math.ceil(left))
    return true
  }

  #send(runner: Runner, { most, now }: { readonly most: number; readonly now: number }): void {
    const first = this.#waiting.shift()
    if (!first) return
    const tickets = [first]
    while (tickets.length < most) {
      const next = this.#waiting.shift()
      if (!next) break
      tickets.push(next)
    }
    this.#hand({ tickets, runner, sent: now, left: tickets.length })
  }

  #hand(call: Call): void {
    for (const ticket of call.tickets) ticket.call = call
    call.runner.calls.add(call)
    this.#options.sending(call)
    call.runner.perform(call)
  }

  /** An idle runner takes over calls that wait behind a long one. */
  #relieve(): void {
    const idle = this.runners.values().find(({ calls }) => calls.size === 0)
    if (!idle) return
    const before = performance.now() - patience
    for (const { calls } of this.runners) {
      if (calls.size < 2) continue
      for (const call of calls) {
        if (idle.calls.size >= this.#depth(idle)) return
        if (call.sent > before) {
          this.#lookAgain()
          return
        }
        if (!call.runner.revoke(call)) continue
        calls.delete(call)
        this.#hand({ ...call, runner: idle, sent: performance.now() })
      }
    }
  }

  #lookAgain(): void {
    this.#look ??= setTimeout(() => {
      this.#look = undefined
      this.#options.again()
    }, patience)
  }
}
