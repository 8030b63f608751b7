import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { FlambeError } from '../errors.ts'
import { codeOf } from './failure.ts'

const blockSize = 4 * 1024 ** 2

/** sha256 of bytes, as lower-case hex. */
export function sha256(...chunks: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

export type HashedFile = { readonly sha256: string; readonly size: number }

export type ReadOptions = {
  /** Gets each block before the next one is waited for; the block is only good during the call. */
  readonly onBlock?: (block: Uint8Array, position: number) => void | Promise<void>
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a regular file once, from its start to its end, and gives its size and sha256. The next block is read
 * while this one is hashed: two blocks of 4 MiB are all the memory it takes.
 * @throws FlambeError `SOURCE_INVALID` where it is missing, no regular file, or changes while it is read.
 */
export async function hashFile(path: string, { onBlock, signal }: ReadOptions = {}): Promise<HashedFile> {
  await using file = await openRegular(path)
  const before = await file.stat({ bigint: true })
  const hash = createHash('sha256')
  // One byte more than there is: one that grew shows at once.
  const length = Math.min(blockSize, Number(before.size) + 1)
  // Most files are no longer than one block, and need no second buffer.
  const buffers = [Buffer.allocUnsafe(length)]
  const bufferOf = (turn: number) => (buffers[turn % 2] ??= Buffer.allocUnsafe(length))
  let position = 0
  let next = file.read(bufferOf(0), 0, length, 0)
  for (let turn = 0, isEnd = false; !isEnd; turn++) {
    signal?.throwIfAborted()
    const { bytesRead, buffer } = await next
    isEnd = bytesRead < length
    if (!isEnd) next = file.read(bufferOf(turn + 1), 0, length, position + bytesRead)
    // A read that fails while this block is worked on is met at the top of the loop.
    next.catch(() => {})
    const block = buffer.subarray(0, bytesRead)
    const taken = onBlock?.(block, position)
    hash.update(block)
    await taken
    position += bytesRead
  }
  const after = await file.stat({ bigint: true })
  if (after.mtimeNs !== before.mtimeNs || after.size !== before.size || BigInt(position) !== before.size) {
    throw new FlambeError('SOURCE_INVALID', `${path} changed while it was read`, {
      hint: 'wait until whatever writes it is done, and try again',
    })
  }
  return { sha256: hash.digest('hex'), size: position }
}

async function openRegular(path: string): Promise<FileHandle> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (cause) {
    const why = codeOf(cause) === 'ENOENT' ? 'is not there' : 'cannot be read'
    throw new FlambeError('SOURCE_INVALID', `${path} ${why}`, { cause })
  }
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw new FlambeError('SOURCE_INVALID', `${path} is no regular file`)
}
