import { type HashCache, inParallel, sha256 } from '../files/index.ts'
import type { Artifact, ArtifactFile, Draft, DraftFile } from './artifact.ts'
import type { Manifest } from './manifest.ts'

/** The artifact of a draft, its files where they lie: each is hashed, none is copied. */
export async function sealArtifact(
  draft: Draft,
  { hashCache, signal }: { readonly hashCache: HashCache; readonly signal?: AbortSignal | undefined },
): Promise<Artifact> {
  const files = new Map<string, ArtifactFile>()
  await inParallel(draft.files, 4, async ([path, file]) => {
    files.set(path, { ...entryOf(path, file), ...(await hashOf(file, { hashCache, signal })) })
  })
  return artifactOf(draft.manifest, files)
}

/** An artifact of these files, its manifest listing them by path. */
export function artifactOf(
  manifest: Omit<Manifest, 'files'>,
  files: ReadonlyMap<string, ArtifactFile>,
): Artifact {
  const sorted = [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  const entries = sorted.map(({ source: _, ...entry }) => entry)
  return {
    manifest: { ...manifest, files: entries },
    files: new Map(sorted.map((file) => [file.path, file])),
  }
}

export function entryOf(path: string, { source, executable }: DraftFile) {
  return { path, size: 0, sha256: '', ...(executable && { executable }), source }
}

async function hashOf(
  { source }: DraftFile,
  { hashCache, signal }: { hashCache: HashCache; signal: AbortSignal | undefined },
): Promise<{ sha256: string; size: number }> {
  if (source.kind === 'file') return hashCache.hash(source.path, { signal })
  return {
    sha256: sha256(...source.chunks),
    size: source.chunks.reduce((sum, { length }) => sum + length, 0),
  }
}
