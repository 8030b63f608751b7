import { type Artifact, type ArtifactFile, encodeManifest } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { inParallel } from '../../files/index.ts'
import { type Progress, step } from '../../progress.ts'
import { attempt, type S3Session } from './client.ts'
import { formatS3Location, keyOf } from './location.ts'
import {
  deleteObjects,
  fileKey,
  getManifest,
  listObjects,
  putManifest,
  type StoredManifest,
} from './objects.ts'
import {
  completeMultipart,
  openMultipart,
  type Part,
  partsOf,
  putFile,
  putPart,
  singleLimit,
} from './upload.ts'

/** Requests in flight; each streams from disk, so memory stays at a few megabytes a request. */
const lanes = 8

/** Refuses a prefix that holds something, unless `force`: by one look at that prefix alone. */
export async function checkEmpty(session: S3Session, { force }: { force: boolean }): Promise<void> {
  if (force) return
  const url = formatS3Location(session.location)
  const files = keyOf(session.location, 'files/')
  for await (const { key } of listObjects(session)) {
    // What an interrupted upload left is ours and no artifact yet: it is gone on with.
    const ours = key.startsWith(files) && /^[0-9a-f]{64}\//.test(key.slice(files.length))
    if (ours) continue
    throw new FlambeError(
      'DESTINATION_NOT_EMPTY',
      `Destination ${url} is not empty. Use --force to force the usage of this bucket folder or pick another destination.`,
    )
  }
}

/** Uploads what the store lacks, then the manifest, then removes what only the earlier artifact needed. */
export async function writeArtifactToS3(
  session: S3Session,
  artifact: Artifact,
  { force, progress }: { force: boolean; progress: Progress },
): Promise<void> {
  const bytes = encodeManifest(artifact.manifest)
  const earlier = await getManifest(session)
  if (!earlier || !force) await checkEmpty(session, { force })
  if (earlier && Buffer.compare(earlier.bytes, bytes) === 0) return
  await uploadFiles(session, await missingFiles(session, artifact, earlier), progress)
  await putManifest(session, bytes, { replaces: earlier })
  await removeStale(session, artifact, earlier)
}

/** The files whose objects are not in the store: by the earlier manifest, else by one listing. */
async function missingFiles(
  session: S3Session,
  artifact: Artifact,
  earlier: StoredManifest | undefined,
): Promise<readonly ArtifactFile[]> {
  const have = new Set(earlier?.manifest.files.map((file) => fileKey(session, file)))
  const sizes = new Map<string, number>()
  for await (const { key, size } of listObjects(session)) sizes.set(key, size)
  const byKey = new Map([...artifact.files.values()].map((file) => [fileKey(session, file), file]))
  return [...byKey]
    .filter(([key, { size }]) => !(have.has(key) || sizes.get(key) === size))
    .map(([, file]) => file)
}

async function uploadFiles(
  session: S3Session,
  files: readonly ArtifactFile[],
  progress: Progress,
): Promise<void> {
  if (files.length === 0) return
  const total = files.reduce((sum, { size }) => sum + size, 0)
  const title = `upload to ${formatS3Location(session.location)}`
  await step(progress, { title, total }, async (id) => {
    const onBytes = (count: number) => progress({ type: 'bytes', id, count })
    const [large, small] = [files.filter(isLarge), files.filter((file) => !isLarge(file))]
    const interrupted = large.length > 0 ? await interruptedUploads(session) : new Map<string, string>()
    for (const file of large) await uploadParts(session, file, { interrupted, onBytes })
    await inParallel(small, lanes * 2, (file) =>
      putFile(session, file, { key: fileKey(session, file), onBytes }),
    )
  })
}

const isLarge = ({ size }: ArtifactFile) => size > singleLimit

async function uploadParts(
  session: S3Session,
  file: ArtifactFile,
  { interrupted, onBytes }: { interrupted: ReadonlyMap<string, string>; onBytes: (count: number) => void },
): Promise<void> {
  const key = fileKey(session, file)
  const multipart = await openMultipart(session, file, { key, interrupted: interrupted.get(key) })
  const sent = new Map<Part, Awaited<ReturnType<typeof putPart>>>()
  const parts = partsOf(file.size)
  await inParallel(parts, lanes, async (part) => {
    sent.set(part, await putPart(session, { file, multipart, part, onBytes }))
  })
  await completeMultipart(
    session,
    multipart,
    parts.map((part) => sent.get(part) ?? {}),
  )
}

/** Multipart uploads under the prefix that were begun and not ended: key -> upload ID. */
async function interruptedUploads(session: S3Session): Promise<Map<string, string>> {
  const { sdk, location } = session
  const Prefix = keyOf(location, 'files/')
  const { Uploads = [] } = await attempt(session, 'listing the uploads of', (client, abort) =>
    client.send(new sdk.ListMultipartUploadsCommand({ Bucket: location.bucket, Prefix }), abort),
  )
  return new Map(Uploads.map(({ Key = '', UploadId = '' }) => [Key, UploadId]))
}

async function removeStale(
  session: S3Session,
  artifact: Artifact,
  earlier: StoredManifest | undefined,
): Promise<void> {
  const needed = new Set([...artifact.files.values()].map((file) => fileKey(session, file)))
  const stale = new Set(earlier?.manifest.files.map((file) => fileKey(session, file)))
  await deleteObjects(session, [...stale.difference(needed)])
}
