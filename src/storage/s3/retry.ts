import { setTimeout as sleep } from 'node:timers/promises'
import { isTransient } from './errors.ts'

const tries = 6
const firstWait = 200
const longestWait = 10_000

/**
 * Tries again what failed for a passing reason, waiting longer each time with full jitter. The SDK does that
 * itself for all but streamed bodies, which it cannot rewind: there `work` opens a fresh stream each time.
 */
export async function retry<T>(
  work: () => Promise<T>,
  { signal, random = Math.random }: { signal: AbortSignal | undefined; random?: () => number },
): Promise<T> {
  for (let trial = 1; ; trial++) {
    try {
      return await work()
    } catch (error) {
      if (trial === tries || signal?.aborted || !isTransient(error)) throw error
      const wait = random() * Math.min(longestWait, firstWait * 2 ** (trial - 1))
      await sleep(wait, undefined, signal ? { signal } : {})
    }
  }
}
