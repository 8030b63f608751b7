import { setImmediate as nextTurn } from 'node:timers/promises'
import { asFailure } from '../problems.ts'
import type { Numbered } from './churn.ts'
import type { CallContext } from './context.ts'
import { type Reports, type Running, streamWindow } from './reports.ts'

export type StreamPlace = {
  readonly n: number
  readonly running: Numbered<Running>
  readonly context: CallContext
  readonly reports: Reports
  /** When the call began, on the clock of `performance.now()`. */
  readonly started: number
}

/** Longest that a component which never waits may hold the thread between two items, in milliseconds. */
const longestTurn = 5

/**
 * Reports the items of a stream, as many as its reader leaves room for. Resolves when the stream has ended, or when it first
 * waits for its reader: a slow one must not hold up others.
 */
export function performStream(items: AsyncIterable<Uint8Array>, place: StreamPlace): Promise<void> {
  const { n, running, context, reports, started } = place
  const { promise: free, resolve: release } = Promise.withResolvers<void>()
  const flow = createFlow(context, () => {
    reports.stalled(n)
    release()
  })
  running.set(n, { abort: (reason) => context.abort(reason), taken: flow.taken })
  reports.began(n)
  const pump = async () => {
    let turn = performance.now()
    for await (const item of items) {
      reports.item(n, item)
      await flow.room()
      if (performance.now() - turn < longestTurn) continue
      // Else an abort would not be heard.
      await nextTurn()
      flow.check()
      turn = performance.now()
    }
  }
  const computed = () => performance.now() - started - flow.waited()
  pump()
    .then(
      () => reports.ended(n, computed()),
      (cause) => reports.failed(n, asFailure(cause), computed()),
    )
    .finally(() => {
      running.delete(n)
      release()
    })
  return free
}

/** How far a stream may go before its reader takes something. */
function createFlow(context: CallContext, onStall: () => void) {
  let ahead = 0
  let waited = 0
  let wake: PromiseWithResolvers<void> | undefined
  const check = () => {
    if (context.reason) throw context.reason
  }
  context.onAbort = (reason) => wake?.reject(reason)
  return {
    check,
    waited: () => waited,
    taken: (count: number) => {
      ahead -= count
      if (ahead < streamWindow) wake?.resolve()
    },
    room: async () => {
      check()
      if (++ahead < streamWindow) return
      const since = performance.now()
      wake = Promise.withResolvers()
      onStall()
      await wake.promise
      wake = undefined
      waited += performance.now() - since
    },
  }
}
