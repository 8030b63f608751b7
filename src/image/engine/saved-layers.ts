import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type Progress, silent, step } from '../../progress.ts'
import type { LayerContents } from '../describe/description.ts'
import { layerContents } from '../describe/layer-contents.ts'
import { layerTypes } from '../layer/compress.ts'
import { layerEntries } from '../layer-entries.ts'
import type { Compression } from '../plan/image-plan.ts'
import type { Engine } from './engine.ts'

export type SavedLayersOptions = {
  /** Bytes; a larger layer is passed over. */
  readonly most: number
  readonly progress?: Progress | undefined
  readonly signal?: AbortSignal | undefined
}

type Chunks = AsyncIterator<Uint8Array>

/**
 * What is in the layers of an image that the engine has, bottom first; undefined for one that was passed over. An engine gives an image out only as a
 * whole, as `docker save` does: that is read as it comes, and neither kept nor held in memory. Which of its files are layers is said in one that may
 * come last, so every tar in it is looked into.
 */
export async function savedLayers(
  id: string,
  { docker }: Engine,
  { most, progress = silent, signal }: SavedLayersOptions,
): Promise<readonly (LayerContents | undefined)[]> {
  return await step(progress, { title: `look into ${id.slice(0, 19)}` }, async (step) => {
    const found = new Map<string, LayerContents>()
    const links = new Map<string, string>()
    let list: Buffer | undefined
    async function* saved() {
      for await (const chunk of Readable.from(await docker.getImage(id).get()) as AsyncIterable<Buffer>) {
        progress({ type: 'bytes', id: step, count: chunk.length })
        yield chunk
      }
    }
    for await (const { header, open } of layerEntries({ mediaType: layerTypes.none, open: saved })) {
      signal?.throwIfAborted()
      const { name, type, size = 0, linkname } = header
      if (type !== 'file' && linkname) links.set(name, posix.join(posix.dirname(name), linkname))
      if (type !== 'file' || size > most) continue
      if (name === 'manifest.json') list = await buffer(open())
      else {
        const contents = await contentsOf(open()[Symbol.asyncIterator]())
        if (contents) found.set(name, contents)
      }
    }
    return layersIn(list).map((name) => found.get(name) ?? found.get(links.get(name) ?? ''))
  })
}

/** Undefined for what is no tar, such as a config. */
async function contentsOf(chunks: Chunks): Promise<LayerContents | undefined> {
  try {
    const start = await startOf(chunks)
    const compression = compressionOf(start)
    if (!compression) return undefined
    async function* open() {
      yield start
      yield* rest(chunks)
    }
    return (await layerContents({ mediaType: layerTypes[compression], open })).contents
  } finally {
    // The next file comes only when this one has been read, and what unpacks it may stop before its end.
    for await (const _ of rest(chunks));
  }
}

const tarBlock = 512

/** At least the first block, where there are so many bytes. */
async function startOf(chunks: Chunks): Promise<Buffer> {
  let start = Buffer.alloc(0)
  for await (const chunk of rest(chunks)) {
    start = Buffer.concat([start, chunk])
    if (start.length >= tarBlock) break
  }
  return start
}

/** Who stops reading leaves the iterator open for the next reader. */
async function* rest(chunks: Chunks): AsyncGenerator<Uint8Array> {
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
}

/** How a tar is compressed, by its first block; a layer without a file in it is zeros. */
function compressionOf(start: Buffer): Compression | undefined {
  if (start.toString('hex', 0, 2) === '1f8b') return 'gzip'
  if (start.toString('hex', 0, 4) === '28b52ffd') return 'zstd'
  const block = start.subarray(0, tarBlock)
  const isTar = block.toString('latin1', 257, 262) === 'ustar' || block.equals(Buffer.alloc(tarBlock))
  return isTar ? 'none' : undefined
}

/** https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format */
function layersIn(list: Buffer | undefined): readonly string[] {
  const [image] = JSON.parse(list?.toString('utf8') ?? '[]') as { readonly Layers?: readonly string[] }[]
  return image?.Layers ?? []
}
