import type { Backend, ComponentSource } from '../exchange.ts'
import { failure } from '../problems.ts'
import { aborted } from './aborted.ts'
import { type Crew, startCrew } from './crew.ts'
import { type BackendOptions, createGate } from './gate.ts'
import { Scheduler } from './scheduler.ts'
import type { Loss } from './start-worker.ts'

export type PoolOptions = BackendOptions & {
  readonly workers: number
  /** Bytes of each worker's JavaScript heap. Default: Node's own limit. */
  readonly workerMemory?: number | undefined
}

/** Milliseconds without a worker after which the backend says that it is not ready. */
const patience = 2000

/**
 * Answers in worker threads: whatever code in them does, this thread goes on. A worker that is lost takes the calls with
 * it that it had begun, and is replaced.
 */
export function createPoolBackend(source: ComponentSource, options: PoolOptions): Backend {
  const scheduler = new Scheduler(options)
  const gate = createGate(scheduler, options.observe)
  let absence: NodeJS.Timeout | undefined
  const changed = (loss?: Loss) => {
    clearTimeout(absence)
    if (scheduler.runners.size > 0) gate.ready()
    else
      absence = setTimeout(() => gate.loading(`a worker is replaced: it ended (${loss?.reason})`), patience)
  }
  const closing = new AbortController()
  const cut = new AbortController()
  const start = (from: ComponentSource) =>
    startCrew(from, { ...options, scheduler, changed, signal: closing.signal })
  let crew: Promise<Crew> = start(source)
  crew.catch(gate.fail)
  return {
    state: gate.state,
    load: () => ({ waiting: scheduler.waiting, running: scheduler.running, workers: scheduler.runners.size }),
    refusal: () => scheduler.refusal(),
    ask: gate.ask,
    swap: async (from) => {
      const earlier = settled(crew)
      const next = earlier.then(() => start(from))
      // A swap that follows at once replaces what this one leaves.
      crew = next.catch((cause) => earlier.then((left) => left ?? Promise.reject(cause)))
      crew.catch(() => undefined)
      const { complete } = await next
      await complete
      const left = await earlier
      await left?.retire(cut.signal)
    },
    close: async ({ signal } = {}) => {
      gate.drain(signal)
      closing.abort()
      // Of a swap that is still under way, too.
      aborted(signal).then(() => cut.abort())
      clearTimeout(absence)
      if (scheduler.runners.size === 0) scheduler.failAll(failure('not-ready', 'the server has stopped'))
      await Promise.race([scheduler.idle(), aborted(signal)])
      const last = await settled(crew)
      await last?.retire(signal)
      clearTimeout(absence)
    },
  }
}

/** A crew that could not be started has told why, and has nobody to retire. */
function settled(crew: Promise<Crew>): Promise<Crew | undefined> {
  return crew.catch(() => undefined)
}
