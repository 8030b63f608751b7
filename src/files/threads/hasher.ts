import { Worker } from 'node:worker_threads'

export type ToHasher = {
  readonly id: number
  readonly path: string
  /** Bytes that are there, from the start on. */
  readonly end: number
  /** That is all of it: its digest is wanted. */
  readonly isWhole: boolean
} & Around

/** Bytes that are hashed with a file, as if they stood before and after it. */
export type Around = { readonly before?: Uint8Array; readonly after?: Uint8Array }

export type FromHasher =
  | { readonly id: number; readonly sha256: string }
  /** An error loses its code on the way from a thread. */
  | { readonly id: number; readonly error: Error; readonly code: string | undefined }

/**
 * Hashes files, also while they grow, on a thread of its own, since the one that receives them, or makes another hash of them, is busy
 * with that. It reads them back from the disk's cache: what is hashed is what is there.
 */
export type Hasher = AsyncDisposable & { readonly open: (path: string, around?: Around) => GrowingHash }

export type GrowingHash = {
  /** Tells that the file is there up to `end`. */
  readonly grow: (end: number) => void
  /** sha256 of the file, which has this size, as lower-case hex. */
  readonly digest: (size: number) => Promise<string>
}

/** The thread starts with the first file, and ends when this is disposed of or `signal` aborts. */
export function createHasher({ signal }: { readonly signal: AbortSignal | undefined }): Hasher {
  const waiting = new Map<number, PromiseWithResolvers<string>>()
  let worker: Worker | undefined
  const start = () => {
    // It is beside this folder, where the sources lie and in a bundle's folder of chunks.
    const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
    // Not the flags of this process: `node --input-type=module -e …` has one that no thread takes.
    const started = new Worker(new URL(`../hash-worker${extension}`, import.meta.url), { execArgv: [] })
    const fail = (error: unknown) => {
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
      worker = undefined
    }
    started.on('message', (message: FromHasher) => {
      const { resolve, reject } = waiting.get(message.id) ?? {}
      waiting.delete(message.id)
      if ('sha256' in message) resolve?.(message.sha256)
      else reject?.(Object.assign(message.error, { code: message.code }))
    })
    started.on('error', fail)
    started.on('exit', () => fail(signal?.reason ?? new Error('the thread that hashes has ended')))
    return started
  }
  const end = async () => {
    signal?.removeEventListener('abort', end)
    await worker?.terminate()
  }
  signal?.addEventListener('abort', end)
  let count = 0
  return {
    open: (path, around) => {
      signal?.throwIfAborted()
      const id = count++
      const answer = Promise.withResolvers<string>()
      // A download that fails does not ask for it.
      answer.promise.catch(() => {})
      waiting.set(id, answer)
      const tell = (end: number, isWhole: boolean) => {
        worker ??= start()
        worker.postMessage({ id, path, end, isWhole, ...around } satisfies ToHasher)
      }
      return {
        grow: (end) => tell(end, false),
        digest: (size) => {
          tell(size, true)
          return answer.promise
        },
      }
    },
    [Symbol.asyncDispose]: end,
  }
}
