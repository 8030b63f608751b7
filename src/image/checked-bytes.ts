import { createHash } from 'node:crypto'
import { FlambeError } from '../errors.ts'
import type { Blob } from './image.ts'

export type CheckOptions = {
  readonly signal?: AbortSignal | undefined
  readonly borrow?: boolean
  /** Gets the size of each chunk as it passes. */
  readonly onBytes?: (count: number) => void
}

/**
 * The bytes of a blob, the last ones only if all are what the digest says: so nothing complete and wrong goes anywhere.
 * @throws FlambeError `SOURCE_INVALID`.
 */
export async function* checkedBytes(
  blob: Blob,
  { signal, borrow = false, onBytes }: CheckOptions = {},
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of blob.open({ borrow, ...(signal && { signal }) })) {
    signal?.throwIfAborted()
    hash.update(chunk)
    size += chunk.length
    onBytes?.(chunk.length)
    if (size >= blob.size && `sha256:${hash.copy().digest('hex')}` !== blob.digest) throw changed(blob)
    yield chunk
  }
  if (size !== blob.size) throw changed(blob)
}

function changed({ digest }: Blob): FlambeError {
  return new FlambeError('SOURCE_INVALID', `the source of ${digest} changed while it was packed`, {
    hint: 'build again once nothing writes to the files of the image',
  })
}
