import { manifestName } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { isArchive } from './archive.ts'
import { isConflict, isMissing, isUnknown } from './failure.ts'
import { objectsFolder } from './layout.ts'
import type { S3RequestOptions } from './list.ts'
import { formatS3Location, keyOf, parseS3Location } from './location.ts'
import { getManifest, keysOf } from './manifest.ts'
import { abortUpload, listUploads } from './multipart.ts'
import { deleteObjects, findObject, listObjects } from './objects.ts'
import { payer } from './options.ts'
import { attempt, openS3Session, type S3Session } from './session.ts'

/**
 * Removes one artifact: its manifest first, so that no reader sees a part of it, on condition that nobody has
 * replaced it meanwhile; then its objects, and what interrupted uploads left. Other objects stay.
 */
export async function removeS3Artifact(
  url: string,
  { s3 = {}, signal }: S3RequestOptions = {},
): Promise<{ readonly objects: number }> {
  const location = parseS3Location(url)
  const session = await openS3Session(location, { options: s3, signal })
  if (isArchive(location)) return removeArchive(session)
  const stored = await getManifest(session)
  if (!stored) throw notFound(session)
  // Listed before the manifest goes, and the mark of an unfinished build removed: whoever builds here from now
  // on starts a generation of its own.
  const keys = keysOf(session, stored)
  for await (const { key } of listObjects(session, objectsFolder)) keys.add(key)
  const uploads = await listUploads(session, objectsFolder)
  await deleteObjects(
    session,
    [...keys].filter((key) => key.endsWith('/unfinished')),
  )
  await deleteIf(session, { key: keyOf(location, manifestName), etag: stored.etag })
  await deleteObjects(session, [...keys])
  for (const upload of uploads) await abortUpload(session, upload)
  return { objects: keys.size + 1 }
}

async function removeArchive(session: S3Session): Promise<{ readonly objects: number }> {
  const key = session.location.prefix
  const found = await findObject(session, key)
  if (!found) throw notFound(session)
  if (found.metadata['name'] === undefined || found.metadata['sha256'] === undefined) {
    throw new FlambeError(
      'ARTIFACT_NOT_FOUND',
      `${formatS3Location(session.location)} was not written by flambe, and is left as it is`,
    )
  }
  await deleteIf(session, { key, etag: found.etag })
  return { objects: 1 }
}

async function deleteIf(
  session: S3Session,
  { key, etag }: { readonly key: string; readonly etag: string | undefined },
): Promise<void> {
  const { sdk, location, options } = session
  const input = { Bucket: location.bucket, Key: key, ...payer(options) }
  const remove = (condition: object) =>
    attempt(session, 'removing', (client, abort) =>
      client.send(new sdk.DeleteObjectCommand({ ...input, ...condition }), abort),
    )
  try {
    await remove(etag ? { IfMatch: etag } : {})
  } catch (error) {
    if (isUnknown(error)) return void (await remove({}))
    if (isMissing(error)) return
    if (!isConflict(error)) throw error
    throw new FlambeError(
      'DESTINATION_NOT_EMPTY',
      `${formatS3Location(location)} was replaced just now, so it was not removed`,
      { cause: error, hint: 'look at what is there now, and remove that if you still want to' },
    )
  }
}

function notFound({ location }: S3Session): FlambeError {
  return new FlambeError('ARTIFACT_NOT_FOUND', `there is no artifact at ${formatS3Location(location)}`, {
    hint: 'flambe ls shows the artifacts under a place',
  })
}
