import type { BigIntStats } from 'node:fs'
import type { Draft } from '../../artifact/index.ts'
import { createHasher, type HashCache, stampOf, statNow } from '../../files/index.ts'
import { partOf, placeFile } from '../plan/place-files.ts'
import { ownLayerBytes } from '../plan/split-layers.ts'
import { type Segment, tarSegments } from './segments.ts'
import { tarEntries } from './tar-entries.ts'

/** Digests of the tars of large files, on their way on a thread of their own. It ends when this is disposed of. */
export type DigestsAhead = AsyncDisposable & {
  /** sha256 of a tar of which nothing has changed since, if it was begun. */
  readonly of: (segments: readonly Segment[]) => Promise<string | undefined>
}

type Begun = Tar & { readonly stats: BigIntStats; readonly digest: Promise<string> }

export type AheadOptions = { readonly hashCache: HashCache; readonly signal?: AbortSignal | undefined }

/**
 * Begins to hash the layers that large files of a draft will have: what stands around a file in a tar depends on its name and its size, and not on its own
 * digest, which another thread finds out meanwhile. Files that are known, or that may be written to without a trace, are left to `createLayer`.
 */
export async function digestAhead(
  { files }: Pick<Draft, 'files'>,
  { hashCache, signal }: AheadOptions,
): Promise<DigestsAhead> {
  const hasher = createHasher({ signal })
  const begun: Begun[] = []
  for (const [path, file] of files) {
    const { source, size } = file
    if (size < ownLayerBytes || partOf(path) !== 'data' || source.kind !== 'file') continue
    const stats = statNow(source.path)
    if (
      !stats ||
      hashCache.known(source.path, { stamp: stampOf(stats) }) ||
      !(await hashCache.isSettled(stats))
    )
      continue
    const tar = tarOfOne(tarSegments(tarEntries([placeFile(path, file).entry])))
    if (tar) begun.push({ ...tar, stats, digest: hasher.open(tar.path, tar).digest(size) })
  }
  const of = async (segments: readonly Segment[]) => {
    const tar = tarOfOne(segments)
    const found = begun.find((one) => isSame(one, tar))
    const digest = await found?.digest.catch(() => undefined)
    return found && isStill(found, { hashCache, sha256: tar?.sha256 }) ? digest : undefined
  }
  return { of, [Symbol.asyncDispose]: () => hasher[Symbol.asyncDispose]() }
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

function isSame(one: Tar, other: Tar | undefined): boolean {
  return (
    one.path === other?.path &&
    one.size === other.size &&
    Buffer.compare(one.before, other.before) === 0 &&
    Buffer.compare(one.after, other.after) === 0
  )
}

/** Whether the file has the digest that it is packed for, and had it from before it was read. */
function isStill(
  { path, stats }: Begun,
  { hashCache, sha256 }: { hashCache: HashCache; sha256: string | undefined },
): boolean {
  const [before, now] = [hashCache.known(path, { stamp: stampOf(stats) }), hashCache.known(path)]
  return before !== undefined && now?.sha256 === before.sha256 && now.sha256 === sha256
}
