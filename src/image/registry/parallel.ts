/**
 * Runs `work` on all `items`, at most `limit` at a time, in order. After a failure nothing new starts; what runs is aborted through the signal
 * and waited for, then the first failure is thrown: nothing goes on behind the caller's back.
 */
export async function inParallel<T>(
  items: readonly T[],
  { limit, signal }: { limit: number; signal?: AbortSignal | undefined },
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const own = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const failures: unknown[] = []
  const queue = items.values()
  const lane = async () => {
    for (const item of queue) {
      if (own.aborted) return
      try {
        await work(item, own)
      } catch (error) {
        failures.push(error)
        stop.abort(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane))
  signal?.throwIfAborted()
  if (failures.length > 0) throw failures[0]
}

/** Aborts `milliseconds` after `signal` does. */
export function delayed(signal: AbortSignal, milliseconds: number): AbortSignal {
  const later = new AbortController()
  const abort = () => setTimeout(() => later.abort(signal.reason), milliseconds).unref()
  if (signal.aborted) later.abort(signal.reason)
  else signal.addEventListener('abort', abort, { once: true })
  return later.signal
}
