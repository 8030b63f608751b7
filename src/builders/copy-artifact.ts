import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Artifact, Draft } from '../artifact/index.ts'
import { HashCache, sha256 } from '../files/index.ts'
import type { Progress } from '../progress.ts'
import { openLocation, openStorage, type S3Options } from '../storage/index.ts'

export type CopyArtifactOptions = {
  /** Replace an earlier artifact. */
  readonly force: boolean
  /** One `.tar.gz`. */
  readonly compress?: boolean
  /** How places in S3 are reached, and what is written there is kept. */
  readonly s3?: S3Options
  readonly cacheDirectory: string
  /** Where relative folders start. */
  readonly directory: string
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** What a copy came to; sizes in bytes. */
export type CopiedArtifact = {
  /** What `load` takes. */
  readonly location: string
  readonly name: string
  readonly files: number
  /** Of all its files. */
  readonly bytes: number
  /** What came from the place it was in, and what went to where it is now: less than the whole where some was there already. */
  readonly moved: { readonly in: number; readonly out: number }
}

/** Copies an artifact from one place to another, whatever they are, without running its code. */
export async function copyArtifact(
  from: string,
  to: string,
  options: CopyArtifactOptions,
): Promise<CopiedArtifact> {
  const { force, compress = false, s3 = {}, cacheDirectory, directory, progress, signal } = options
  const target = await openStorage(to.startsWith('s3://') ? 's3' : 'local', to, { directory, s3 })
  await target.check({ force, compress })
  // What comes from afar lies here until it is where it belongs, and not in the cache as well.
  const own = isFar(from) ? join(cacheDirectory, 'pulls', sha256(from, target.url)) : undefined
  const [incoming, outgoing] = [counted(progress), counted(progress)]
  const source = await openLocation(from, {
    s3,
    cacheDirectory: own ?? cacheDirectory,
    progress: incoming.progress,
    signal,
  })
  const { files: _, ...manifest } = source.manifest
  const draft: Draft = { manifest, files: own && source.checked ? movable(source.files) : source.files }
  const hashCache = await HashCache.open(cacheDirectory)
  const writing = { force, compress, hashCache, progress: outgoing.progress, signal }
  const { location, artifact } = await target.write(draft, writing)
  if (own !== undefined) await rm(own, { recursive: true, force: true })
  const { name, files } = artifact.manifest
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  return {
    location,
    name,
    files: files.length,
    bytes,
    moved: { in: incoming.bytes(), out: outgoing.bytes() },
  }
}

/** The same progress, and how many bytes it has told of. */
function counted(progress: Progress): { readonly progress: Progress; readonly bytes: () => number } {
  let bytes = 0
  return {
    progress: (event) => {
      if (event.type === 'bytes') bytes += event.count
      progress(event)
    },
    bytes: () => bytes,
  }
}

const isFar = (location: string) => /^(s3|https?):\/\//i.test(location)

/** Files that were checked and are this copy's own: they can be moved, and a copy costs as much again. */
function movable(files: Artifact['files']): Draft['files'] {
  return new Map(
    [...files].map(([path, { source, sha256: digest, ...file }]) => {
      const free = source.kind === 'file' ? { ...source, movable: { sha256: digest } } : source
      return [path, { ...file, source: free }]
    }),
  )
}
