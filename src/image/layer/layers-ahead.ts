import type { Draft } from '../../artifact/index.ts'
import { createHasher, type HashCache, type Hasher, type Stamp, stampOf, statNow } from '../../files/index.ts'
import type { Blob } from '../image.ts'
import { partOf, placeFile } from '../plan/place-files.ts'
import { ownLayerBytes } from '../plan/split-layers.ts'
import { readSegments, type Segment, tarSegments, totalSize } from './segments.ts'
import { tarEntries } from './tar-entries.ts'

/** Layers of large files, begun before their image is planned. The thread that finds their digests ends when this is disposed of. */
export type LayersAhead = AsyncDisposable & {
  readonly layers: readonly LayerAhead[]
  /** sha256 of a tar of which nothing has changed since, if it was begun. */
  readonly digestOf: (segments: readonly Segment[]) => Promise<string | undefined>
}

/** A plain layer of which all is known but its digest. */
export type LayerAhead = Pick<Blob, 'size' | 'open'> & {
  /** Of the file, in the image. */
  readonly path: string
  /** sha256 of the whole, on its way on a thread of its own. */
  readonly sha256: Promise<string>
  /** Whether the file is what it was before any of it was read: then what was given out has that digest. */
  readonly isSame: () => boolean
}

/** A file that is worth it. */
type Chosen = {
  readonly path: string
  readonly segments: readonly Segment[]
  readonly tar: Tar
  readonly stamp: Stamp
}

export type AheadOptions = { readonly hashCache: HashCache; readonly signal?: AbortSignal | undefined }

/**
 * Begins the layers that large files of drafts will have: what stands around a file in a tar depends on its name and its size, and not on its own
 * digest, which is found out meanwhile. Files that are known, or that may be written to without a trace, are left to `createLayer`.
 */
export async function beginLayers(
  drafts: Iterable<Pick<Draft, 'files'>>,
  { hashCache, signal }: AheadOptions,
): Promise<LayersAhead> {
  const chosen: Chosen[] = []
  // For several platforms they are the same files.
  const files = new Map([...drafts].flatMap((draft) => [...draft.files]))
  for (const [path, file] of files) {
    const { source, size } = file
    if (size < ownLayerBytes || partOf(path) !== 'data' || source.kind !== 'file') continue
    const stats = statNow(source.path)
    const stamp = stats && stampOf(stats)
    if (!stamp || hashCache.known(source.path, { stamp }) || !(await hashCache.isSettled(stats))) continue
    const { entry } = placeFile(path, file)
    const segments = tarSegments(tarEntries([entry]))
    const tar = tarOfOne(segments)
    if (tar) chosen.push({ path: entry.path, segments, tar, stamp })
  }
  // Its thread is nobody's until it is given back here.
  const hasher = createHasher({ signal })
  const begun = chosen.map((one) => ({ ...one, layer: beginLayer(one, { hasher, hashCache }) }))
  const digestOf = async (segments: readonly Segment[]) => {
    const tar = tarOfOne(segments)
    const found = begun.find((one) => isEqual(one.tar, tar))
    const digest = await found?.layer.sha256.catch(() => undefined)
    const since = found && sameSince(found.stamp, found.tar.path, hashCache)
    return since !== undefined && since === tar?.sha256 ? digest : undefined
  }
  const layers = begun.map(({ layer }) => layer)
  return { layers, digestOf, [Symbol.asyncDispose]: () => hasher[Symbol.asyncDispose]() }
}

function beginLayer(
  { path, segments, tar, stamp }: Chosen,
  { hasher, hashCache }: { readonly hasher: Hasher; readonly hashCache: HashCache },
): LayerAhead {
  return {
    path,
    size: totalSize(segments),
    sha256: hasher.open(tar.path, tar).digest(tar.size),
    open: (options) => readSegments(segments, options),
    isSame: () => sameSince(stamp, tar.path, hashCache) !== undefined,
  }
}

/** A tar with one file in it. */
type Tar = {
  readonly path: string
  readonly size: number
  /** Of the file, where it is known. */
  readonly sha256?: string
  readonly before: Uint8Array
  readonly after: Uint8Array
}

function tarOfOne(segments: readonly Segment[]): Tar | undefined {
  const at = segments.findIndex(({ kind }) => kind === 'file')
  const [before, file, after] = [segments.slice(0, at), segments[at], segments.slice(at + 1)]
  if (file?.kind !== 'file' || after.some(({ kind }) => kind === 'file')) return undefined
  return { ...file, before: joined(before), after: joined(after) }
}

function joined(segments: readonly Segment[]): Uint8Array {
  return Buffer.concat(segments.flatMap((segment) => (segment.kind === 'bytes' ? [segment.bytes] : [])))
}

function isEqual(one: Tar, other: Tar | undefined): boolean {
  return (
    one.path === other?.path &&
    one.size === other.size &&
    Buffer.compare(one.before, other.before) === 0 &&
    Buffer.compare(one.after, other.after) === 0
  )
}

/** The file's own digest, if that is known of what it was then, and it still is that. */
function sameSince(stamp: Stamp, path: string, hashCache: HashCache): string | undefined {
  const [before, now] = [hashCache.known(path, { stamp }), hashCache.known(path)]
  return before?.sha256 === now?.sha256 ? now?.sha256 : undefined
}
