import { manifestName } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { inParallel } from '../../files/index.ts'
import { openS3Session, type S3Session } from './client.ts'
import { formatS3Location, keyOf, parseS3Location } from './location.ts'
import { deleteObjects, fileKey, getManifest, listObjects } from './objects.ts'
import type { S3Options } from './options.ts'

export type ListedArtifact = {
  /** What `load` takes. */
  readonly location: string
  readonly name: string
  /** Version of the root component. */
  readonly version: string
  /** Bytes of all its files. */
  readonly size: number
  /** When it was written, ISO 8601. */
  readonly modified: string
}

export type S3RequestOptions = { readonly s3?: S3Options; readonly signal?: AbortSignal }

/** The artifacts at and under a place, by their keys. */
export async function listS3Artifacts(
  url: string,
  { s3 = {}, signal }: S3RequestOptions = {},
): Promise<ListedArtifact[]> {
  const location = parseS3Location(url)
  const session = await openS3Session(location, { options: s3, ...(signal && { signal }) })
  const found: ListedArtifact[] = []
  const manifests: { key: string; modified: string }[] = []
  for await (const { key, modified } of listObjects(session)) {
    if (key.split('/').at(-1) === manifestName && !/(^|\/)files\/[0-9a-f]{64}\//.test(key)) {
      manifests.push({ key, modified: modified?.toISOString() ?? '' })
    }
  }
  await inParallel(manifests, 8, async ({ key, modified }) => {
    const prefix = key.slice(0, -manifestName.length).replace(/\/$/, '')
    const own = { ...session, location: { ...location, prefix } }
    const stored = await getManifest(own)
    if (!stored) return
    const { name, nodes, files } = stored.manifest
    const size = files.reduce((sum, file) => sum + file.size, 0)
    found.push({
      location: formatS3Location(own.location),
      name,
      version: nodes['']?.version ?? '0.0.0',
      size,
      modified,
    })
  })
  return found.sort((a, b) => (a.location < b.location ? -1 : 1))
}

/** Removes one artifact: its manifest first, so that no reader sees a part of it; other objects stay. */
export async function removeS3Artifact(
  url: string,
  { s3 = {}, signal }: S3RequestOptions = {},
): Promise<{ readonly objects: number }> {
  const location = parseS3Location(url)
  const session = await openS3Session(location, { options: s3, ...(signal && { signal }) })
  const stored = await getManifest(session)
  if (!stored) {
    throw new FlambeError('ARTIFACT_NOT_FOUND', `there is no artifact at ${formatS3Location(location)}`, {
      hint: 'flambe ls shows the artifacts under a place',
    })
  }
  await deleteObjects(session, [keyOf(location, manifestName)])
  const keys = await ownKeys(session, stored.manifest.files)
  await deleteObjects(session, keys)
  return { objects: keys.length + 1 }
}

/** The artifact's objects, and what interrupted uploads left of others. */
async function ownKeys(
  session: S3Session,
  files: readonly { path: string; sha256: string }[],
): Promise<string[]> {
  const keys = new Set(files.map((file) => fileKey(session, file)))
  const start = keyOf(session.location, 'files/')
  for await (const { key } of listObjects(session)) {
    if (key.startsWith(start) && /^[0-9a-f]{64}\//.test(key.slice(start.length))) keys.add(key)
  }
  return [...keys]
}
