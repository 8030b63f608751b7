/** The items of a stream that can be cut off. */
export type GuardedItems = {
  readonly items: AsyncIterable<Uint8Array>
  /** Fails the read that waits, or the next one. */
  readonly fail: (failure: Error) => void
}

/**
 * Items that end at once when `fail` is called, whether or not their source listens; `ended` is called once, however
 * they end.
 */
export function guardItems(source: AsyncIterable<Uint8Array>, ended: () => void): GuardedItems {
  const iterator = source[Symbol.asyncIterator]()
  let failure: Error | undefined
  let isOver = false
  let interrupt: ((failure: Error) => void) | undefined
  const end = () => {
    if (isOver) return
    isOver = true
    ended()
  }
  const next = (): Promise<IteratorResult<Uint8Array, undefined>> =>
    new Promise((resolve, reject) => {
      if (failure) return reject(failure)
      if (isOver) return resolve({ done: true, value: undefined })
      interrupt = reject
      iterator.next().then(
        (result) => {
          if (result.done) end()
          resolve(result.done ? { done: true, value: undefined } : result)
        },
        (error) => {
          end()
          reject(error)
        },
      )
    })
  const stop = () => {
    end()
    // A generator that is in the middle of an item ends after it: nobody waits for that.
    Promise.resolve(iterator.return?.()).catch(() => undefined)
  }
  return {
    items: {
      [Symbol.asyncIterator]: () => ({
        next,
        return: async () => {
          stop()
          return { done: true, value: undefined }
        },
      }),
    },
    fail: (cause) => {
      failure = cause
      stop()
      interrupt?.(cause)
    },
  }
}
