import type { Worker } from 'node:worker_threads'
import type { Observe } from '../observe.ts'
import { Few } from './churn.ts'
import { deliver } from './deliver.ts'
import { type FromWorker, handful, revoked, sent, type ToWorker, type WireCall } from './messages.ts'
import { pack } from './packing.ts'
import type { Call, Runner } from './runner.ts'
import type { Scheduler } from './scheduler.ts'

export type WorkerRunnerOptions = Pick<Runner, 'batches' | 'kill'> & {
  readonly cells: Int32Array
  readonly scheduler: Scheduler
  readonly observe: Observe
}

/** Milliseconds of work that a worker has at hand, so that it need not wait for the serving thread between calls. */
const ahead = 1

/** The serving thread's side of a worker that is ready. */
export function createWorkerRunner(
  worker: Worker,
  { batches, kill, cells, scheduler, observe }: WorkerRunnerOptions,
): Runner {
  const calls = new Few<Call>()
  const free = Array.from(cells.keys())
  const callIn: (Call | undefined)[] = free.map(() => undefined)
  const post = (message: ToWorker, moved: ArrayBuffer[] = []) => worker.postMessage(message, moved)
  const outbox = createCallOutbox(post)
  worker.on('message', (message: FromWorker) => {
    if (message.type === 'event') return observe(message.event)
    if (message.type !== 'reports') return
    deliver(message, { reports: scheduler.reports, skipped: (cell) => free.push(cell) })
    scheduler.settle()
  })
  return {
    batches,
    // A batch takes all that it can get.
    handful: batches ? Number.POSITIVE_INFINITY : handful,
    calls,
    depth: (callTime) =>
      Math.min(callTime === undefined ? 1 : 1 + Math.floor(ahead / callTime), calls.size + free.length),
    perform: (call) => {
      const cell = free.pop()
      if (cell === undefined) throw new RangeError('more calls than cells')
      Atomics.store(cells, cell, sent)
      callIn[cell] = call
      outbox.add(cell, call)
    },
    freed: (call) => {
      const cell = callIn.indexOf(call)
      if (cell === -1) return
      callIn[cell] = undefined
      free.push(cell)
    },
    flush: outbox.flush,
    abort: ({ n }, cause) => post({ type: 'abort', n, cause }),
    taken: ({ n }, count) => post({ type: 'taken', n, count }),
    revoke: (call) => {
      const cell = callIn.indexOf(call)
      if (cell === -1 || Atomics.compareExchange(cells, cell, sent, revoked) !== sent) return false
      // The cell is free again when the worker says that it has passed over the call.
      callIn[cell] = undefined
      return true
    },
    kill,
  }
}

type Post = (message: ToWorker, moved: ArrayBuffer[]) => void

/** Gathers calls for one message. */
function createCallOutbox(post: Post): {
  readonly add: (cell: number, call: Call) => void
  readonly flush: () => void
} {
  let calls: WireCall[] = []
  let moved: ArrayBuffer[] = []
  return {
    add: (cell, { tickets }) => {
      // Not moved: another worker may have to answer it.
      const questions = tickets.map(
        ({ n, question: { id, contentType, stream, traceparent, body } }) =>
          [n, id, contentType, stream, traceparent, pack(body, { own: false, moved })] as const,
      )
      calls.push([cell, questions])
    },
    flush: () => {
      if (calls.length === 0) return
      post({ type: 'calls', calls }, moved)
      calls = []
      moved = []
    },
  }
}
