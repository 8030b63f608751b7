import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, rm, stat } from 'node:fs/promises'
import { FlambeError } from '../../errors.ts'
import { sha256 } from '../../files/index.ts'
import type { Descriptor } from '../image.ts'

type Named = Pick<Descriptor, 'digest' | 'size'>

/** Bytes read at once from a cached blob: what a push sends at once. */
const chunkBytes = 2 ** 20

/** A small blob from the cache, if it is there and what its digest says. */
export async function readCached(path: string, digest: string): Promise<Buffer | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  return bytes && `sha256:${sha256(bytes)}` === digest ? bytes : undefined
}

/** Whether `path` holds a blob of that size: its digest was right when it got there. */
export async function isCached(path: string, { size }: Named): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.size === size
}

/** The bytes of a cached blob. Damage that the disk did is found before the last bytes are out, and the file removed. */
export async function* readBlob(
  path: string,
  { digest, size }: Named,
  { start = 0, signal }: { start?: number; signal?: AbortSignal } = {},
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let offset = start
  const stream = createReadStream(path, { start, highWaterMark: chunkBytes, ...(signal && { signal }) })
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    offset += chunk.length
    if (start === 0) hash.update(chunk)
    if (start === 0 && offset === size && `sha256:${hash.digest('hex')}` !== digest) {
      await rm(path, { force: true })
      throw new FlambeError('UNAVAILABLE', `the cached blob ${path} is damaged; it was removed`, {
        hint: 'run the command again to download it',
      })
    }
    yield chunk
  }
}
