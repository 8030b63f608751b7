import type { Few } from './churn.ts'
import type { Ticket } from './ticket.ts'

/** One call of a component: a question, or a batch of them. */
export type Call = {
  readonly tickets: readonly Ticket[]
  readonly runner: Runner
  /** When it was handed over, on the clock of `performance.now()`. */
  readonly sent: number
  /** Tickets that the component is not done with. */
  left: number
}

/** The component is done with a call, or a stream waits for its reader. */
export function free(call: Call): void {
  call.runner.calls.delete(call)
  call.runner.freed(call)
}

/** What performs calls, here or in another thread. */
export type Runner = {
  /** True where the component takes several questions in one call. */
  readonly batches: boolean
  /** So many questions that have come are handed over at once, whatever else this turn of the event loop may bring. */
  readonly handful: number
  /** Calls that keep it from others. */
  readonly calls: Few<Call>
  /** Most calls that it takes at a time, where one lasts so many milliseconds. */
  readonly depth: (callTime: number | undefined) => number
  readonly perform: (call: Call) => void
  /** Told of each call that keeps it no longer. */
  readonly freed: (call: Call) => void
  /** Called when no more calls follow for now. */
  readonly flush: () => void
  readonly abort: (ticket: Ticket, cause: AbortCause) => void
  readonly taken: (ticket: Ticket, count: number) => void
  /** Takes a call back that has not begun; false for one that has. */
  readonly revoke: (call: Call) => boolean
  /** Ends it with all that it does, since code in it does not listen. */
  readonly kill: () => void
}

export type AbortCause = 'timeout' | 'cancelled'

/** What `context.signal` tells as its reason. */
export function abortReason(cause: AbortCause): DOMException {
  return cause === 'timeout'
    ? new DOMException('the deadline of the request is over', 'TimeoutError')
    : new DOMException('nobody waits for the answer any more', 'AbortError')
}
