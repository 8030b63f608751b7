import { closeAll } from '../../construct/index.ts'
import type { Backend, ComponentSource } from '../exchange.ts'
import { within } from '../within.ts'
import { aborted } from './aborted.ts'
import { Few } from './churn.ts'
import { closeTooLong, faultEvent, originOf } from './fault.ts'
import { type BackendOptions, createGate } from './gate.ts'
import { type OpenedSource, openSource } from './open-source.ts'
import { createPerformer } from './performer.ts'
import { abortReason, type Runner } from './runner.ts'
import { Scheduler } from './scheduler.ts'

/** Answers in this thread: for components that only wait for others. Nothing can end code that never waits. */
export function createInlineBackend(source: ComponentSource, options: BackendOptions): Backend {
  const { observe, shutdownTimeout } = options
  const scheduler = new Scheduler(options)
  const gate = createGate(scheduler, observe)
  let current: Inline | undefined
  const bring = async (from: ComponentSource) => {
    const next = inlineRunner(await openSource(from, options), { ...options, scheduler })
    const earlier = current
    current = next
    scheduler.add(current.runner)
    if (earlier) await retire(earlier)
  }
  const retire = async ({ runner, component }: Inline, signal?: AbortSignal) => {
    await Promise.race([scheduler.retire(runner), aborted(signal)])
    const closing = closeAll(component).catch((cause) => observe(faultEvent('close', originOf(cause))))
    if (!(await within(shutdownTimeout, closing))) observe(closeTooLong(shutdownTimeout))
  }
  let last: Promise<unknown> = bring(source).then(gate.ready, gate.fail)
  return {
    state: gate.state,
    load: () => ({ waiting: scheduler.waiting, running: scheduler.running, workers: scheduler.runners.size }),
    refusal: () => scheduler.refusal(),
    ask: gate.ask,
    swap: (from) => {
      const swapping = last.then(() => bring(from)).then(gate.ready)
      last = swapping.catch(() => undefined)
      return swapping
    },
    close: async ({ signal } = {}) => {
      gate.drain(signal)
      await Promise.race([last, aborted(signal)])
      if (current) await retire(current, signal)
    },
  }
}

type Inline = { readonly runner: Runner; readonly component: OpenedSource['component'] }

function inlineRunner(
  { component, answerer }: OpenedSource,
  { scheduler, observe, queueSize }: BackendOptions & { readonly scheduler: Scheduler },
): Inline {
  const performer = createPerformer(answerer, { reports: scheduler.reports, observe })
  const batches = answerer.predictBatch !== undefined
  const runner: Runner = {
    batches,
    handful: Number.POSITIVE_INFINITY,
    calls: new Few(),
    depth: () => (batches ? 1 : Math.max(1, queueSize)),
    perform: ({ tickets }) => {
      performer.perform(tickets)?.then(() => scheduler.settle())
    },
    freed: () => {},
    flush: () => {},
    abort: ({ n }, cause) => performer.abort(n, abortReason(cause)),
    taken: ({ n }, count) => performer.taken(n, count),
    revoke: () => false,
    kill: () => {},
  }
  return { runner, component }
}
