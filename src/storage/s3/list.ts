import { manifestName } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { inParallel } from '../../files/index.ts'
import { type Progress, silent } from '../../progress.ts'
import { isArchive } from './archive.ts'
import { objectsFolder } from './layout.ts'
import { formatS3Location, parseS3Location } from './location.ts'
import { getManifest } from './manifest.ts'
import { findObject, type ListedObject, listObjects } from './objects.ts'
import type { S3Options } from './options.ts'
import { atPrefix, openS3Session, type S3Session } from './session.ts'

export type ListedArtifact = {
  /** What `load` takes. */
  readonly location: string
  readonly name: string
  /** Version of the root component. */
  readonly version: string
  /** Bytes of all its files; of a `.tar.gz`, its own. */
  readonly size: number
  /** When it was written, ISO 8601. */
  readonly modified: string
}

export type S3RequestOptions = {
  readonly s3?: S3Options
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** The artifacts at and under a place, by their keys. One that cannot be read is left out, with a warning. */
export async function listS3Artifacts(
  url: string,
  { s3 = {}, signal, progress = silent }: S3RequestOptions = {},
): Promise<ListedArtifact[]> {
  const session = await openS3Session(parseS3Location(url), { options: s3, signal })
  const found: ListedArtifact[] = []
  const candidates: ListedObject[] = []
  for await (const object of listObjects(session)) if (isCandidate(object)) candidates.push(object)
  await inParallel(candidates, 8, async (object) => {
    try {
      const artifact = await describe(session, object)
      if (artifact) found.push(artifact)
    } catch (error) {
      if (!(error instanceof FlambeError) || !error.code.startsWith('ARTIFACT')) throw error
      progress({ type: 'warning', message: error.message })
    }
  })
  return found.sort((a, b) => (a.location < b.location ? -1 : 1))
}

function isCandidate({ key }: ListedObject): boolean {
  const segments = key.split('/')
  if (segments.includes(objectsFolder.slice(0, -1))) return false
  return segments.at(-1) === manifestName || isArchive({ bucket: '', prefix: key })
}

async function describe(
  session: S3Session,
  { key, size, modified }: ListedObject,
): Promise<ListedArtifact | undefined> {
  const prefix = isArchive({ bucket: '', prefix: key }) ? key : key.slice(0, -manifestName.length)
  const own = atPrefix(session, prefix.replace(/\/$/, ''))
  const place = { location: formatS3Location(own.location), modified: modified?.toISOString() ?? '' }
  if (prefix === key) {
    const { name, version } = (await findObject(own, key))?.metadata ?? {}
    return name === undefined || version === undefined
      ? undefined
      : { ...place, name: decodeURIComponent(name), version, size }
  }
  const stored = await getManifest(own)
  if (!stored) return undefined
  const { name, nodes, files } = stored.manifest
  const total = files.reduce((sum, file) => sum + file.size, 0)
  return { ...place, name, version: nodes['']?.version ?? '0.0.0', size: total }
}
