import { type HashCache, type HashedFile, inParallel, sha256 } from '../files/index.ts'
import type { Artifact, ArtifactFile, Draft, DraftFile } from './artifact.ts'
import type { FileEntry, Manifest } from './manifest.ts'
import { damaged } from './verify.ts'

/** The artifact of a draft, its files where they lie: each is hashed, none is copied. */
export async function sealArtifact(
  draft: Draft,
  { hashCache, signal }: { readonly hashCache: HashCache; readonly signal?: AbortSignal | undefined },
): Promise<Artifact> {
  const files = new Map<string, ArtifactFile>()
  const put = (path: string, file: DraftFile, hashed: HashedFile) =>
    files.set(path, entryOf(path, file, hashed))
  const unread: (() => Promise<unknown>)[] = []
  for (const [path, file] of draft.files) {
    const { source, stamp } = file
    const known =
      source.kind === 'file' ? hashCache.known(source.path, stamp && { stamp }) : hashChunks(source.chunks)
    if (known) put(path, file, known)
    else if (source.kind === 'file')
      unread.push(async () => put(path, file, await hashCache.hash(source.path, { signal })))
  }
  await inParallel(unread, 4, async (read) => void (await read()))
  return artifactOf(draft.manifest, files)
}

/** An artifact of these files, its manifest listing them by path. */
export function artifactOf(
  manifest: Omit<Manifest, 'files'>,
  files: ReadonlyMap<string, ArtifactFile>,
): Artifact {
  const sorted = [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  const entries = sorted.map(
    ({ path, size, sha256, executable }): FileEntry => ({
      path,
      size,
      sha256,
      ...(executable && { executable }),
    }),
  )
  return {
    manifest: { ...manifest, files: entries },
    files: new Map(sorted.map((file) => [file.path, file])),
  }
}

/**
 * A file of a draft that was read.
 * @throws FlambeError `ARTIFACT_DAMAGED` where it is not what it must be.
 */
export function entryOf(path: string, file: DraftFile, { sha256: digest, size }: HashedFile): ArtifactFile {
  const { source, executable } = file
  if (file.sha256 !== undefined && file.sha256 !== digest) throw damaged([`${path} is altered`])
  return { path, size, sha256: digest, ...(executable && { executable }), source }
}

function hashChunks(chunks: readonly Uint8Array[]): HashedFile {
  return { sha256: sha256(...chunks), size: chunks.reduce((sum, { length }) => sum + length, 0) }
}
