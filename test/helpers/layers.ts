import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { HashCache } from '../../src/files/index.ts'
import { createLayer, type FileEntry, type Layer, type LayerEntry } from '../../src/image/index.ts'
import { folder } from './folder.ts'

/** A file's entry as a plan makes it. */
export function fileEntry(path: string, source: string | Uint8Array): FileEntry {
  const common = { path, kind: 'file', mode: 0o644, uid: 0, gid: 0 } as const
  return typeof source === 'string'
    ? { ...common, size: statSync(source).size, source: { kind: 'file', path: source } }
    : { ...common, size: source.length, source: { kind: 'bytes', chunks: [source] } }
}

/** A layer of these entries, made with an empty cache. */
export function freshLayer(
  entries: readonly LayerEntry[],
  { compression = 'none' }: { compression?: 'none' | 'gzip' | 'zstd' } = {},
): Promise<Layer> {
  const options = { cacheDirectory: folder(), hashCache: HashCache.none() }
  return createLayer({ title: 'component', entries, compression }, options)
}

export type Unpacked = { readonly header: Header; readonly content: Buffer }

/** What a tar reader of others finds in a layer, in its order. */
export async function unpack(layer: Layer): Promise<Unpacked[]> {
  const found: Unpacked[] = []
  const tar = extract()
  const stored = Readable.from(layer.open())
  const decompress = layer.mediaType.endsWith('gzip')
    ? createGunzip()
    : layer.mediaType.endsWith('zstd')
      ? createZstdDecompress()
      : undefined
  if (decompress) stored.pipe(decompress).pipe(tar)
  else stored.pipe(tar)
  for await (const entry of tar) {
    const chunks: Uint8Array[] = []
    for await (const chunk of entry) chunks.push(chunk as Uint8Array)
    found.push({ header: entry.header, content: Buffer.concat(chunks) })
  }
  return found
}

/** The digest of what a stream gives. */
export async function digestOfStream(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return `sha256:${hash.digest('hex')}`
}
