/** Runs at most `limit` pieces of work at a time, in their order; the first failure stops the start of more and is thrown. */
export async function inParallel<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items[Symbol.iterator]()
  let failed = false
  const lane = async () => {
    for (let next = waiting.next(); !next.done && !failed; next = waiting.next()) {
      try {
        await work(next.value)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  // allSettled: nothing may still be writing when the caller cleans up.
  const lanes = await Promise.allSettled(Array.from({ length: limit }, lane))
  const broken = lanes.find((lane) => lane.status === 'rejected')
  if (broken) throw broken.reason
}

/** A gate that lets at most `limit` pieces of work in at a time, whoever brings them; the others wait in their order. */
export function gate(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let inside = 0
  return async (work) => {
    if (inside === limit) await new Promise<void>((resolve) => waiting.push(resolve))
    else inside++
    try {
      return await work()
    } finally {
      // The next one takes over this one's place.
      const next = waiting.shift()
      if (next) next()
      else inside--
    }
  }
}
