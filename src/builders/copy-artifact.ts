import type { Draft } from '../artifact/index.ts'
import { HashCache } from '../files/index.ts'
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
  const source = await openLocation(from, { cacheDirectory, progress, signal })
  const { files: _, ...manifest } = source.manifest
  const draft: Draft = { manifest, files: source.files }
  const hashCache = await HashCache.open(cacheDirectory)
  return (await target.write(draft, { force, compress, hashCache, progress, signal })).location
}
