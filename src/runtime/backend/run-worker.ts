import type { MessagePort } from 'node:worker_threads'
import { type ComponentObject, closeAll } from '../../construct/index.ts'
import type { Observe, ServeEvent } from '../observe.ts'
import { faultEvent, originOf } from './fault.ts'
import {
  begun,
  type FromWorker,
  handful,
  sent,
  type ToWorker,
  toWireError,
  type WireCall,
  type WorkerData,
} from './messages.ts'
import { openSource } from './open-source.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { unpack } from './packing.ts'
import { createPerformer, type Performer } from './performer.ts'
import type { Asked } from './reports.ts'
import { abortReason } from './runner.ts'

/** The life of a worker: brings up its component, answers what comes through the port, closes when it is told to. */
export async function runWorker(port: MessagePort, { source, options, cells }: WorkerData): Promise<void> {
  const post = (message: FromWorker, moved: ArrayBuffer[] = []) => port.postMessage(message, moved)
  const observe = (event: ServeEvent) => post({ type: 'event', event })
  const outbox = createOutbox(post)
  // What was answered before the thread ends is not lost with it.
  process.on('exit', outbox.flush)
  // Of code that did not wait for it: the requests that are being answered have no part in it.
  process.on('unhandledRejection', (reason) => observe(faultEvent('unhandled rejection', reason)))
  const opened = await openSource(source, options).catch((cause) => toWireError(cause))
  if ('message' in opened) {
    post({ type: 'failed', error: opened })
    return process.exit(1)
  }
  const { answerer, component } = opened
  const performer = createPerformer(answerer, { reports: flushing(outbox), observe })
  const calls = createCalls(performer, { outbox, cells })
  port.on('message', (message: ToWorker) => {
    if (message.type === 'calls') calls.add(message)
    else if (message.type === 'abort') performer.abort(message.n, abortReason(message.cause))
    else if (message.type === 'taken') performer.taken(message.n, message.count)
    else close(component, observe)
  })
  post({ type: 'ready', batches: answerer.predictBatch !== undefined })
}

async function close(component: ComponentObject, observe: Observe): Promise<void> {
  await closeAll(component).catch((cause) => observe(faultEvent('close', originOf(cause))))
  // Timers and sockets that user code left open would keep the thread.
  process.exit(0)
}

/** What a stream reports goes at once: who computes it may not come to rest for long, or is with another call by then. */
function flushing(outbox: Outbox): Outbox {
  const after =
    <A extends unknown[]>(report: (...args: A) => void) =>
    (...args: A) => {
      report(...args)
      outbox.flush()
    }
  const { item, ended, failed, stalled } = outbox
  return { ...outbox, item: after(item), ended: after(ended), failed: after(failed), stalled: after(stalled) }
}

type Calls = { readonly add: (message: Extract<ToWorker, { readonly type: 'calls' }>) => void }

/** Performs calls one after the other. */
function createCalls(
  performer: Performer,
  { outbox, cells }: { readonly outbox: Outbox; readonly cells: Int32Array },
): Calls {
  const waiting: { readonly cell: number; readonly questions: readonly Asked[] }[] = []
  let isBusy = false
  const isShort = createPace()
  let isFlushing = false
  const flushSoon = () => {
    if (isFlushing) return
    isFlushing = true
    setImmediate(() => {
      isFlushing = false
      outbox.flush()
    })
  }
  const drain = async () => {
    if (isBusy) return
    isBusy = true
    for (let call = waiting.shift(); call; call = waiting.shift()) {
      const begin = performance.now()
      if (Atomics.compareExchange(cells, call.cell, sent, begun) === sent) {
        const performing = performer.perform(call.questions)
        if (performing) await performing
      } else outbox.skipped(call.cell)
      // Before the next call, which may be a long one.
      if (isShort(performance.now() - begin) && outbox.size() < handful) flushSoon()
      else outbox.flush()
    }
    isBusy = false
  }
  return {
    add: ({ calls }) => {
      for (const call of calls) waiting.push(readCall(call))
      drain()
    },
  }
}

/** Longest that an answer is kept for others to join it, in milliseconds. */
const longestWait = 0.25

/**
 * Where all of the last hundreds of calls were short, the next will be, too: then answers that are given within a moment
 * go together.
 */
function createPace(): (time: number) => boolean {
  let peak = longestWait
  let together = 0
  return (time) => {
    peak = Math.max(time, peak * 0.99)
    together += time
    if (peak < longestWait / 2 && together < longestWait) return true
    together = 0
    return false
  }
}

function readCall([cell, questions]: WireCall) {
  return {
    cell,
    questions: questions.map(([n, id, contentType, stream, traceparent, body]) => ({
      n,
      question: {
        id,
        contentType,
        stream,
        body: unpack(body),
        ...(traceparent !== undefined && { traceparent }),
      },
    })),
  }
}
