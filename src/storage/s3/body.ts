import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import type { FileSource } from '../../artifact/index.ts'
import { nodeHttp } from '../../files/index.ts'
import { giveChunks } from './chunks.ts'

const blockSize = 256 * 1024

/** A stretch of a file, in bytes. */
export type Stretch = { readonly start: number; readonly size: number }

/** The bytes of a stretch, for the body of one request. */
export function openStretch(source: FileSource, { start, size }: Stretch): Readable | Uint8Array {
  if (source.kind === 'bytes') return cut(source.chunks, { start, size })
  if (size === 0) return new Uint8Array()
  const stream = createReadStream(source.path, { start, end: start + size - 1, highWaterMark: blockSize })
  const { pipe } = stream
  const { OutgoingMessage } = nodeHttp()
  // This is how the SDK sends it.
  stream.pipe = (to, options) => {
    if (!(to instanceof OutgoingMessage)) return pipe.call(stream, to, options) as typeof to
    giveChunks(stream, to)
    return to
  }
  return stream
}

/** MD5 of a stretch in hex: what S3 calls a part's ETag. */
export async function md5Of(source: FileSource, stretch: Stretch): Promise<string> {
  const hash = createHash('md5')
  const bytes = openStretch(source, stretch)
  if (bytes instanceof Uint8Array) hash.update(bytes)
  else for await (const chunk of bytes) hash.update(chunk)
  return hash.digest('hex')
}

function cut(chunks: readonly Uint8Array[], { start, size }: Stretch): Uint8Array {
  const parts: Uint8Array[] = []
  let position = 0
  for (const chunk of chunks) {
    parts.push(chunk.subarray(Math.max(start - position, 0), Math.max(start + size - position, 0)))
    position += chunk.length
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
}
