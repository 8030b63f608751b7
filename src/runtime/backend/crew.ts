import { setTimeout as sleep } from 'node:timers/promises'
import type { ComponentSource } from '../exchange.ts'
import { failure } from '../problems.ts'
import { aborted } from './aborted.ts'
import { type Loss, type StartedWorker, startWorker, type WorkerOptions } from './start-worker.ts'

export type CrewOptions = WorkerOptions & {
  readonly workers: number
  /** Called when workers come and go, with what befell the last one that went. */
  readonly changed: (loss?: Loss) => void
}

/** Workers that hold the same component. */
export type Crew = {
  /** Resolves when each has been started, well or not. */
  readonly complete: Promise<unknown>
  /** Stops giving them questions, and ends them when they have answered those they have; aborting ends them at once. */
  readonly retire: (signal?: AbortSignal) => Promise<void>
}

/** A worker that lived so many milliseconds before it was lost is no sign that the next one will be lost, too. */
const sound = 10_000

const longestDelay = 30_000

/**
 * Starts one worker, then the others, and replaces those that are lost. Rejects with what the setup of the first one threw;
 * `signal` gives up waiting for it.
 */
export async function startCrew(source: ComponentSource, options: CrewOptions): Promise<Crew> {
  const { workers, scheduler, observe } = options
  const controller = new AbortController()
  const { signal } = controller
  const members = new Set<StartedWorker>()
  const start = () => startWorker(source, { ...options, signal })
  /** Keeps one place filled. */
  const keep = async (first: Promise<StartedWorker>) => {
    let losses = 0
    for (let starting = first; !signal.aborted; starting = start()) {
      const since = performance.now()
      const { reason, detail } = await live(starting, { ...options, members })
      if (signal.aborted) return
      observe({ type: 'worker-lost', reason, ...(detail !== undefined && { detail }) })
      losses = performance.now() - since > sound ? 1 : losses + 1
      await sleep(delayAfter(losses), undefined, { signal }).catch(() => undefined)
    }
  }
  const first = await startWorker(source, options)
  const others = Array.from({ length: workers - 1 }, start)
  const places = [Promise.resolve(first), ...others].map(keep)
  const retire = async ({ runner, stop }: StartedWorker, end: AbortSignal | undefined) => {
    await Promise.race([scheduler.retire(runner), aborted(end)])
    await stop(end)
  }
  return {
    complete: Promise.allSettled(others),
    retire: async (end) => {
      controller.abort()
      await Promise.all([...members].map((worker) => retire(worker, end)))
      await Promise.all(places)
    },
  }
}

/** A worker from when it is ready until it has ended, and why it has. */
async function live(
  starting: Promise<StartedWorker>,
  { members, scheduler, changed }: CrewOptions & { readonly members: Set<StartedWorker> },
): Promise<Loss> {
  let worker: StartedWorker
  try {
    worker = await starting
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { reason: 'crashed', detail }
  }
  members.add(worker)
  scheduler.add(worker.runner)
  changed()
  const loss = await worker.ended
  members.delete(worker)
  scheduler.lose(worker.runner, failure('worker-lost', `it ended (${loss.reason}) and is replaced`))
  changed(loss)
  return loss
}

/** Nothing after the first loss, then twice as long each time. */
function delayAfter(losses: number): number {
  return losses === 1 ? 0 : Math.min(longestDelay, 100 * 2 ** (losses - 2))
}
