import { streamWindow } from './reports.ts'

/** The items of a stream on their way to its reader. */
export type ItemPipe = {
  readonly items: AsyncIterable<Uint8Array>
  readonly push: (item: Uint8Array) => void
  readonly end: () => void
  readonly fail: (failure: Error) => void
}

export type ItemPipeOptions = {
  /** The reader has taken so many more items. */
  readonly taken: (count: number) => void
  /** The reader has left before the end. */
  readonly left: () => void
}

type Result = IteratorResult<Uint8Array, undefined>

const done: Result = { done: true, value: undefined }

/** Holds no more items than the source may be ahead of its reader. */
export function createItemPipe({ taken, left }: ItemPipeOptions): ItemPipe {
  let buffer: Uint8Array[] = []
  let untold = 0
  let reader: PromiseWithResolvers<Result> | undefined
  let end: { readonly failure?: Error } | undefined
  const take = (value: Uint8Array): Result => {
    // Told in halves of the window: a message for each item would cost more than many items do.
    if (++untold >= streamWindow / 2 && !end) {
      taken(untold)
      untold = 0
    }
    return { done: false, value }
  }
  const finish = (how: { readonly failure?: Error }) => {
    if (end) return
    end = how
    if (how.failure) {
      reader?.reject(how.failure)
      buffer = []
    } else reader?.resolve(done)
    reader = undefined
  }
  const next = async (): Promise<Result> => {
    const item = buffer.shift()
    if (item) return take(item)
    if (end?.failure) throw end.failure
    if (end) return done
    reader = Promise.withResolvers()
    return reader.promise
  }
  const leave = async (): Promise<Result> => {
    if (!end) left()
    buffer = []
    finish({})
    return done
  }
  return {
    items: { [Symbol.asyncIterator]: () => ({ next, return: leave }) },
    push: (item) => {
      if (!reader) return void buffer.push(item)
      const { resolve } = reader
      reader = undefined
      resolve(take(item))
    },
    end: () => finish({}),
    fail: (failure) => finish({ failure }),
  }
}
