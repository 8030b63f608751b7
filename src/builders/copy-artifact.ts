import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Artifact, Draft } from '../artifact/index.ts'
import { HashCache, sha256 } from '../files/index.ts'
import type { Progress } from '../progress.ts'
import { openLocation, openStorage } from '../storage/index.ts'

export type CopyArtifactOptions = {
  /** Replace an earlier artifact. */
  readonly force: boolean
  /** One `.tar.gz`. */
  readonly compress?: boolean
  readonly cacheDirectory: string
  /** Where relative folders start. */
  readonly directory: string
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** Copies an artifact from one place to another, whatever they are, without running its code. Gives where it is now. */
export async function copyArtifact(from: string, to: string, options: CopyArtifactOptions): Promise<string> {
  const { force, compress = false, cacheDirectory, directory, progress, signal } = options
  const target = await openStorage(to.startsWith('s3://') ? 's3' : 'local', to, { directory })
  await target.check({ force, compress })
  const own = isFolderInS3(from) ? join(cacheDirectory, 'pulls', sha256(from, target.url)) : undefined
  const source = await openLocation(from, { cacheDirectory: own ?? cacheDirectory, progress, signal })
  const { files: _, ...manifest } = source.manifest
  const draft: Draft = { manifest, files: own === undefined ? source.files : movable(source.files) }
  const hashCache = await HashCache.open(cacheDirectory)
  const { location } = await target.write(draft, { force, compress, hashCache, progress, signal })
  if (own !== undefined) await rm(own, { recursive: true, force: true })
  return location
}

/** What comes so is checked file by file, and to a place of this copy's own: it can be moved, and a copy costs as much again. */
function isFolderInS3(location: string): boolean {
  return location.startsWith('s3://') && !/\.(tar\.gz|tgz)$/.test(location)
}

function movable(files: Artifact['files']): Draft['files'] {
  return new Map(
    [...files].map(([path, { source, sha256: digest, ...file }]) => {
      const free = source.kind === 'file' ? { ...source, movable: { sha256: digest } } : source
      return [path, { ...file, source: free }]
    }),
  )
}
