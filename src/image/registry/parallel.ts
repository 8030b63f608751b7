import { inParallel } from '../../files/index.ts'

/**
 * `inParallel`, and the first failure, or `signal`, aborts what is under way: nothing goes on behind the caller's back, and nothing is waited
 * for that no one wants any more.
 */
export async function inParallelOrNot<T>(
  items: readonly T[],
  { limit, signal }: { limit: number; signal?: AbortSignal | undefined },
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const own = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  await inParallel(items, limit, async (item) => {
    try {
      own.throwIfAborted()
      await work(item, own)
    } catch (error) {
      stop.abort(error)
      throw own.reason ?? error
    }
  })
}

/** Aborts `milliseconds` after `signal` does. */
export function delayed(signal: AbortSignal, milliseconds: number): AbortSignal {
  const later = new AbortController()
  const abort = () => setTimeout(() => later.abort(signal.reason), milliseconds).unref()
  if (signal.aborted) later.abort(signal.reason)
  else signal.addEventListener('abort', abort, { once: true })
  return later.signal
}
