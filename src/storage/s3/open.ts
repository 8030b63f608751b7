import { join } from 'node:path'
import { keptDirectory, type OpenedArtifact, openArtifact } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { type Progress, silent } from '../../progress.ts'
import { isArchive } from './archive.ts'
import { isDenied } from './failure.ts'
import { formatS3Location, parseS3Location } from './location.ts'
import { getManifest } from './manifest.ts'
import { fetchArchive } from './open-archive.ts'
import { type FoundFolder, findNearest, openFolder } from './open-folder.ts'
import type { S3Options } from './options.ts'
import { atPrefix, openS3Session, type S3Session } from './session.ts'
import { s3Source } from './source.ts'

export type OpenS3Options = {
  readonly s3?: S3Options
  /** Bring the manifest alone. */
  readonly manifestOnly?: boolean
  readonly cacheDirectory?: string | undefined
  readonly progress?: Progress
  readonly signal?: AbortSignal | undefined
}

/** An artifact in S3, its files brought to the cache: those that are there already are not asked for. */
export async function openS3Artifact(url: string, options: OpenS3Options = {}): Promise<OpenedArtifact> {
  const { s3 = {}, signal, progress = silent, manifestOnly = false } = options
  const cacheDirectory = await keptDirectory(options)
  const session = await openS3Session(parseS3Location(url), { options: s3, signal })
  try {
    if (isArchive(session.location)) {
      const archive = await fetchArchive(session, { directory: join(cacheDirectory, 'downloads'), progress })
      return await openArtifact(archive, { cacheDirectory, signal })
    }
    const opened = await openFolder(() => find(session), { cacheDirectory, manifestOnly, progress })
    if (opened) return opened
    throw new FlambeError(
      'ARTIFACT_NOT_FOUND',
      `S3 url: '${formatS3Location(session.location)}' is not available: there is no artifact`,
      { hint: 'flambe ls s3://bucket shows the artifacts of a bucket' },
    )
  } finally {
    session.client.destroy()
  }
}

function find(session: S3Session): Promise<FoundFolder | undefined> {
  const segments = session.location.prefix.split('/').filter(Boolean)
  return findNearest(segments, async (path, above) => {
    const own = atPrefix(session, path.join('/'))
    const stored = await getManifest(own, { skipPart: true }).catch((error) => {
      // Who may read a place need not be allowed to look above it.
      if (above > 0 && isDenied(error)) return undefined
      throw error
    })
    return stored && { source: s3Source(own), stored }
  })
}
