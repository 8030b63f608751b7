import { type Clock, systemClock } from './clock.ts'
import { RegistryError } from './failure.ts'

export type RetryOptions = {
  /** Times that `work` is tried in all. */
  readonly attempts?: number
  readonly clock?: Clock
  readonly random?: () => number
  readonly signal?: AbortSignal | undefined
}

/** Milliseconds before the second attempt; doubles with each, up to `longest`. */
const shortest = 250
const longest = 30_000

/** Runs `work` again after a temporary failure, with growing pauses, or the pause that the registry asks for. */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { attempts = 5 } = options
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof RegistryError) || !error.temporary || attempt >= attempts) throw error
      await pause(error, attempt, options)
    }
  }
}

/** Waits before attempt `attempt + 1`. */
export async function pause(
  error: RegistryError,
  attempt: number,
  { clock = systemClock, random = Math.random, signal }: RetryOptions = {},
): Promise<void> {
  const backOff = Math.min(longest, shortest * 2 ** (attempt - 1)) * (0.5 + random() / 2)
  await clock.sleep(Math.max(backOff, error.retryAfter ?? 0), signal)
}
