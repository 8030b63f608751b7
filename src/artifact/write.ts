import { createReadStream } from 'node:fs'
import { chmod, link, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import {
  copyHashed,
  fileFailure,
  type HashCache,
  inParallel,
  packArchive,
  replaceDirectory,
  settledDirectory,
  sha256,
} from '../files/index.ts'
import { type Progress, silent, step } from '../progress.ts'
import type { Artifact, ArtifactFile, Draft, DraftFile, FileSource } from './artifact.ts'
import { archivePath, checkDestination } from './destination.ts'
import { type Manifest, manifestName } from './manifest.ts'
import { encodeManifest, parseManifest } from './parse-manifest.ts'
import { artifactOf, entryOf, sealArtifact } from './seal.ts'

export type WriteArtifactOptions = {
  /** Replace an earlier artifact. */
  readonly force?: boolean
  /** One `.tar.gz` beside the destination's name instead of a folder. */
  readonly compress?: boolean
  readonly hashCache: HashCache
  readonly progress?: Progress
  readonly signal?: AbortSignal | undefined
}

/** Below this size a file is read again rather than looked up: it costs less than the questions. */
const large = 1024 ** 2

/**
 * Writes the artifact to a folder (or one `.tar.gz`) as a whole: at every moment, and after a kill at any,
 * readers find the earlier artifact or the new one. Files are hashed while they are copied.
 */
export async function writeArtifact(
  draft: Draft,
  destination: string,
  options: WriteArtifactOptions,
): Promise<Artifact> {
  const { force = false, compress = false, hashCache, progress = silent, signal } = options
  await checkDestination(destination, { force, compress })
  const total = [...draft.files.values()].reduce((sum, { size }) => sum + size, 0)
  return step(
    progress,
    { title: `write ${compress ? archivePath(destination) : destination}`, total },
    async (id) => {
      const onBytes = (count: number) => progress({ type: 'bytes', id, count })
      if (compress) return writeArchive(draft, destination, { hashCache, signal })
      const earlier = await readEarlier(destination)
      const same = earlier && (await unchanged(draft, earlier, hashCache))
      if (same) return same
      let artifact: Artifact | undefined
      await replaceDirectory(destination, async (temporary) => {
        artifact = await fill(draft, temporary, { earlier, hashCache, onBytes, signal })
      })
      await hashCache.save()
      if (!artifact) throw new TypeError('the folder was replaced without being filled')
      return placedAt(artifact, destination)
    },
  )
}

type Earlier = { readonly directory: string; readonly manifest: Manifest; readonly bytes: Uint8Array }

async function readEarlier(destination: string): Promise<Earlier | undefined> {
  const directory = await settledDirectory(destination)
  try {
    const bytes = await readFile(join(directory, manifestName))
    return { directory, manifest: parseManifest(bytes, { file: join(directory, manifestName) }), bytes }
  } catch {
    return undefined
  }
}

/** The earlier artifact, if it is what this draft would make and its files are as they were written. */
async function unchanged(
  draft: Draft,
  earlier: Earlier,
  hashCache: HashCache,
): Promise<Artifact | undefined> {
  for (const [path, { source, size }] of draft.files) {
    const skip = source.kind === 'file' && size >= large && !hashCache.known(source.path)
    const kept = join(earlier.directory, path)
    if (skip || (size >= large && !hashCache.known(kept))) return undefined
  }
  const artifact = await sealArtifact(draft, { hashCache })
  if (Buffer.compare(encodeManifest(artifact.manifest), earlier.bytes) !== 0) return undefined
  for (const { path, sha256: digest } of artifact.files.values()) {
    const kept = await hashCache.hash(join(earlier.directory, path)).catch(() => undefined)
    if (kept?.sha256 !== digest) return undefined
  }
  return placedAt(artifact, earlier.directory)
}

type Filling = {
  readonly earlier: Earlier | undefined
  readonly hashCache: HashCache
  readonly onBytes: (count: number) => void
  readonly signal: AbortSignal | undefined
}

async function fill(draft: Draft, directory: string, filling: Filling): Promise<Artifact> {
  const folders = new Set([...draft.files.keys()].map((path) => dirname(join(directory, path))))
  for (const folder of folders) await mkdir(folder, { recursive: true })
  const files = new Map<string, ArtifactFile>()
  await inParallel(draft.files, 8, async ([path, file]) => {
    filling.signal?.throwIfAborted()
    const target = join(directory, path)
    const hashed = (await reuse(path, file, { target, filling })) ?? (await place(file, target, filling))
    files.set(path, entryOf(path, file, hashed))
    if (hashed.size >= large) await filling.hashCache.remember(target, hashed.sha256, { probe: directory })
  })
  const artifact = artifactOf(draft.manifest, files)
  await writeFile(join(directory, manifestName), encodeManifest(artifact.manifest))
  return artifact
}

type Hashed = { readonly sha256: string; readonly size: number }

/** Takes over a large file of the earlier artifact that is the same and untouched. It is ours, so a link is safe. */
async function reuse(
  path: string,
  { source, size }: DraftFile,
  { target, filling: { earlier, hashCache } }: { target: string; filling: Filling },
): Promise<Hashed | undefined> {
  if (!earlier || source.kind !== 'file' || size < large) return undefined
  const entry = earlier.manifest.files.find((file) => file.path === path)
  const kept = join(earlier.directory, path)
  const [wanted, have] = [hashCache.known(source.path), hashCache.known(kept)]
  if (!entry || wanted?.sha256 !== entry.sha256 || have?.sha256 !== entry.sha256) return undefined
  return link(kept, target).then(
    () => wanted,
    () => undefined,
  )
}

async function place(file: DraftFile, target: string, filling: Filling): Promise<Hashed> {
  const { source, executable } = file
  const { onBytes, hashCache, signal } = filling
  const moved = await move(file, target)
  if (moved) {
    onBytes(moved.size)
    return moved
  }
  if (source.kind === 'file') {
    const hashed = await copyHashed(source.path, target, {
      ...(executable && { executable }),
      onBytes,
      signal,
    })
    if (hashed.size >= large) await hashCache.remember(source.path, hashed.sha256)
    return hashed
  }
  await writeFile(target, source.chunks, { mode: executable ? 0o755 : 0o644 }).catch((error) => {
    throw fileFailure(error, `writing ${target}`)
  })
  return {
    sha256: sha256(...source.chunks),
    size: source.chunks.reduce((sum, { length }) => sum + length, 0),
  }
}

/** Moves a file that is nobody else's, where that is possible: on the same disk. */
async function move({ source, size, executable }: DraftFile, target: string): Promise<Hashed | undefined> {
  if (source.kind !== 'file' || !source.movable) return undefined
  try {
    await rename(source.path, target)
    if (executable) await chmod(target, 0o755)
    return { sha256: source.movable.sha256, size }
  } catch {
    return undefined
  }
}

async function writeArchive(
  draft: Draft,
  destination: string,
  { hashCache, signal }: { hashCache: HashCache; signal: AbortSignal | undefined },
): Promise<Artifact> {
  const target = archivePath(destination)
  const artifact = await sealArtifact(draft, { hashCache, signal })
  const manifest = encodeManifest(artifact.manifest)
  const entries = [...artifact.files.values()].map(({ path, size, executable, source }) => ({
    path,
    size,
    executable,
    open: () => openSource(source),
  }))
  const all = [...entries, { path: manifestName, size: manifest.length, open: () => chunksOf([manifest]) }]
  await packArchive(all, target, { top: basename(target).replace(/\.(tar\.gz|tgz)$/, ''), signal })
  return artifact
}

function openSource(source: FileSource): AsyncIterable<Uint8Array> {
  return source.kind === 'bytes'
    ? chunksOf(source.chunks)
    : createReadStream(source.path, { highWaterMark: large })
}

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

/** The artifact with its files where they lie now. */
function placedAt(artifact: Artifact, directory: string): Artifact {
  const files = [...artifact.files.values()].map(
    (file) => [file.path, { ...file, source: { kind: 'file', path: join(directory, file.path) } }] as const,
  )
  return { ...artifact, files: new Map(files) }
}
