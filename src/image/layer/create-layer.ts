import { type HashCache, sha256 } from '../../files/index.ts'
import { type Progress, silent, step } from '../../progress.ts'
import type { Layer } from '../image.ts'
import type { Compression, LayerEntry, LayerPlan } from '../plan/image-plan.ts'
import { isCached, readBlob } from '../registry/blob-cache.ts'
import { cachePaths, readJson, writeJson } from '../registry/cache.ts'
import { compressed, envelopeOf, layerTypes } from './compress.ts'
import type { LayersAhead } from './layers-ahead.ts'
import { type Packed, type PackOptions, packLayer } from './pack-layer.ts'
import { readSegments, type Segment, tarSegments, totalSize } from './segments.ts'
import { tarEntries } from './tar-entries.ts'

export type CreateLayerOptions = {
  /** Keeps what is known of layers, and the compressed bytes. May be deleted at any time. */
  readonly cacheDirectory: string
  readonly hashCache: HashCache
  readonly progress?: Progress
  readonly signal?: AbortSignal | undefined
  /** Layers that were begun before the plan was made. */
  readonly ahead?: LayersAhead
}

/**
 * The layer of a plan. Its bytes depend on the plan and the files' content alone, and not on where, when and by whom it is made.
 * A plain layer is a view of its files, which are read again each time it is opened; a compressed one is kept in the cache. A layer
 * that was made before is not made again: then its files are not even read.
 * @throws FlambeError `SOURCE_INVALID` for names that an image cannot hold, and for files that change while they are packed.
 */
export async function createLayer(plan: LayerPlan, options: CreateLayerOptions): Promise<Layer> {
  const { cacheDirectory, progress = silent, signal } = options
  const { title, compression } = plan
  const entries = await withDigests(plan.entries, options)
  const paths = cachePaths(cacheDirectory)
  const record = paths.layer(planKey(entries, compression))
  const known = parsePacked(await readJson(record))
  if (known) progress({ type: 'notice', message: `${nameOf(plan)}: cached` })
  const packed = known ?? (await pack())
  return {
    mediaType: layerTypes[compression],
    ...packed,
    title,
    annotations: { 'dev.flambe.layer': nameOf(plan) },
    open: opener(packed, { entries, compression, file: paths.blob(packed.digest) }),
    ...(compression === 'none' && { isUnchanged: () => areUnchanged(entries, options) }),
  }

  async function pack(): Promise<Packed> {
    const segments = tarSegments(tarEntries(entries))
    const made = await step(progress, { title: `pack ${nameOf(plan)}`, total: totalSize(segments) }, (id) =>
      packOf(segments, {
        ...options,
        compression,
        blobPath: paths.blob,
        onBytes: (count) => progress({ type: 'bytes', id, count }),
        signal,
      }),
    )
    await writeJson(record, made)
    return made
  }
}

/** By a digest that was begun ahead, else by reading all of it now. */
async function packOf(
  segments: readonly Segment[],
  { ahead, ...options }: PackOptions & Pick<CreateLayerOptions, 'ahead'>,
): Promise<Packed> {
  const sha256 = options.compression === 'none' ? await ahead?.digestOf(segments) : undefined
  if (sha256 === undefined) return await packLayer(segments, options)
  const [digest, size] = [`sha256:${sha256}`, totalSize(segments)]
  options.onBytes(size)
  return { diffId: digest, digest, size }
}

/**
 * Everything that decides the bytes, and nothing else: so a layer is found again on another path, and by another name of its file. What
 * `tarEntries` adds follows from it; the same entries in another order make another key, of the same layer.
 */
function planKey(entries: readonly LayerEntry[], compression: Compression): string {
  const lines = entries.map((entry) => {
    const { path, kind, mode, uid, gid } = entry
    const start = `${kind} ${mode} ${uid} ${gid} ${JSON.stringify(path)}`
    if (entry.kind === 'file') return `${start} ${entry.size} ${entry.sha256}\n`
    return entry.kind === 'symlink' ? `${start} ${JSON.stringify(entry.target)}\n` : `${start}\n`
  })
  return sha256(`${envelopeOf(compression)}\n`, lines.join(''))
}

async function withDigests(
  entries: readonly LayerEntry[],
  { hashCache, signal }: Pick<CreateLayerOptions, 'hashCache' | 'signal'>,
): Promise<readonly LayerEntry[]> {
  const found: LayerEntry[] = []
  for (const entry of entries) {
    if (entry.kind !== 'file' || entry.sha256 !== undefined) found.push(entry)
    else if (entry.source.kind === 'bytes') found.push({ ...entry, sha256: sha256(...entry.source.chunks) })
    else found.push({ ...entry, ...(await hashCache.hash(entry.source.path, { signal })) })
  }
  return found
}

type Opening = {
  readonly entries: readonly LayerEntry[]
  readonly compression: Compression
  readonly file: string
}

function opener(packed: Packed, { entries, compression, file }: Opening): Layer['open'] {
  const segments = () => tarSegments(tarEntries(entries))
  if (compression === 'none') return (options) => readSegments(segments(), options)
  return async function* open({ start = 0, signal } = {}) {
    if (await isCached(file, packed)) {
      yield* readBlob(file, packed, { start, ...(signal && { signal }) })
      return
    }
    let skip = start
    for await (const chunk of compressed(readSegments(segments(), { signal }), compression)) {
      if (skip < chunk.length) yield chunk.subarray(skip)
      skip = Math.max(0, skip - chunk.length)
    }
  }
}

async function areUnchanged(
  entries: readonly LayerEntry[],
  { hashCache }: Pick<CreateLayerOptions, 'hashCache'>,
): Promise<boolean> {
  for (const entry of entries) {
    if (entry.kind !== 'file' || entry.source.kind === 'bytes') continue
    if (hashCache.known(entry.source.path)?.sha256 !== entry.sha256) return false
  }
  return true
}

export function parsePacked(value: unknown): Packed | undefined {
  const { diffId, digest, size } = (value ?? {}) as { readonly [name: string]: unknown }
  if (typeof diffId !== 'string' || typeof digest !== 'string' || typeof size !== 'number') return undefined
  return { diffId, digest, size }
}

const nameOf = ({ title, detail }: LayerPlan) => (detail ? `${title} ${detail}` : title)
