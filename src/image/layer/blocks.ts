/** The same bytes in blocks of `size`, the last one maybe shorter: what is made of them does not depend on how they came. */
export async function* blocksOf(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafe(size)
  let filled = 0
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + size - filled)
      block.set(part, filled)
      filled += part.length
      at += part.length
      if (filled < size) continue
      yield block
      block = Buffer.allocUnsafe(size)
      filled = 0
    }
  }
  if (filled > 0) yield block.subarray(0, filled)
}

/** What `work` makes of each item, in their order, with up to `limit` of them at work. */
export async function* mapAhead<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const ahead: Promise<R>[] = []
  for await (const item of items) {
    const result = work(item)
    // A failure is met when its turn comes.
    result.catch(() => {})
    ahead.push(result)
    const first = ahead.length >= limit ? ahead.shift() : undefined
    if (first) yield await first
  }
  for (const result of ahead) yield await result
}
