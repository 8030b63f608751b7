import { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { Header } from 'tar-stream'
import type { Layer } from './image.ts'

export type ReadEntry = {
  readonly header: Header
  /** The entry's bytes; they can be read until the next entry is asked for. */
  readonly open: () => AsyncIterable<Uint8Array>
}

/** The entries of a layer as they come. Who needs no more of them stops. */
export async function* layerEntries(
  layer: Pick<Layer, 'mediaType' | 'open'>,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<ReadEntry> {
  const { extract } = await import('tar-stream')
  const tar = extract()
  const bytes = Readable.from(layer.open(signal ? { signal } : {}))
  const plain = decompressed(bytes, layer.mediaType)
  for (const stream of new Set([bytes, plain])) stream.on('error', (error) => tar.destroy(error))
  plain.pipe(tar)
  try {
    for await (const entry of tar) {
      yield { header: entry.header, open: () => Readable.from(entry) }
      entry.resume()
    }
  } finally {
    bytes.destroy()
  }
}

function decompressed(bytes: Readable, mediaType: string): Readable {
  if (mediaType.endsWith('gzip')) return bytes.pipe(createGunzip())
  return mediaType.endsWith('zstd') ? bytes.pipe(createZstdDecompress()) : bytes
}
