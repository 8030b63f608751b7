import type { CompletedPart } from '@aws-sdk/client-s3'
import type { ArtifactFile } from '../../artifact/index.ts'
import { gate, inParallel } from '../../files/index.ts'
import { md5Of, openStretch } from './body.ts'
import { isEnded } from './failure.ts'
import {
  abortUpload,
  completeUpload,
  createUpload,
  listParts,
  type OpenUpload,
  type Part,
  partsOf,
  type StoredParts,
  singleLimit,
} from './multipart.ts'
import { findObject } from './objects.ts'
import { objectOptions, payer } from './options.ts'
import { attempt, type S3Session } from './session.ts'

/** Requests in flight; each streams from disk, so memory stays below a megabyte a request. */
const lanes = 12
/** Times that a file is begun again when another builder ended or gave up the upload that it was sent with. */
const mostUploads = 3

/** One file on its way to one key. */
export type Sending = {
  readonly file: Pick<ArtifactFile, 'path' | 'size' | 'sha256' | 'source'>
  readonly key: string
  /** Kept with the object, beside its digest. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Only where there is no object of this key. */
  readonly fresh?: boolean
}

export type SendOptions = {
  /** Uploads that were begun earlier, of the same content by their keys: they are gone on with. */
  readonly interrupted?: readonly OpenUpload[]
  readonly onBytes: (count: number) => void
}

/** Sends files, and parts of large ones, a fixed number at a time. */
export async function sendFiles(
  session: S3Session,
  sendings: readonly Sending[],
  options: SendOptions,
): Promise<void> {
  const pass = gate(lanes)
  const byKey = new Map(options.interrupted?.map((upload) => [upload.key, upload]))
  await inParallel(sendings, lanes, (sending) =>
    sending.file.size <= singleLimit
      ? pass(() => putFile(session, sending, options))
      : sendParts(session, sending, { ...options, pass, found: byKey.get(sending.key) }),
  )
}

async function putFile(session: S3Session, sending: Sending, { onBytes }: SendOptions): Promise<void> {
  const { sdk, location, options } = session
  const { file, key, fresh } = sending
  await attempt(session, `uploading ${file.path} to`, (client, abort) =>
    client.send(
      new sdk.PutObjectCommand({
        Bucket: location.bucket,
        Key: key,
        Body: openStretch(file.source, { start: 0, size: file.size }),
        ContentLength: file.size,
        Metadata: metadataOf(sending),
        ...(fresh && { IfNoneMatch: '*' }),
        ...objectOptions(options),
      }),
      abort,
    ),
  )
  onBytes(file.size)
}

function metadataOf({ file, metadata }: Sending): Record<string, string> {
  return { ...metadata, sha256: file.sha256 }
}

type PartsOptions = SendOptions & {
  readonly pass: ReturnType<typeof gate>
  readonly found: OpenUpload | undefined
}

async function sendParts(
  session: S3Session,
  sending: Sending,
  { found, pass, onBytes }: PartsOptions,
): Promise<void> {
  const { file, key, fresh = false } = sending
  for (let trial = 1, known = found; ; trial++, known = undefined) {
    const have = known && (await listParts(session, known))
    const upload = known && have ? known : await createUpload(session, key, metadataOf(sending))
    const sent = new Map<number, CompletedPart>()
    const parts = partsOf(file.size)
    try {
      await inParallel(parts, lanes, (part) =>
        pass(async () => {
          sent.set(part.number, await sendPart(session, { file, upload, part, have, onBytes }))
        }),
      )
      await completeUpload(session, upload, {
        parts: parts.map(({ number }) => sent.get(number) ?? {}),
        fresh,
      })
      return
    } catch (error) {
      // Two builders may go on with the same upload; the one that ends it has sent the same content.
      if (!isEnded(error) || trial === mostUploads) throw error
      if (!fresh && (await findObject(session, key))?.size === file.size) return abortUpload(session, upload)
    }
  }
}

type PartSending = {
  readonly file: Sending['file']
  readonly upload: OpenUpload
  readonly part: Part
  readonly have: StoredParts | undefined
  readonly onBytes: (count: number) => void
}

/** Sends one part, unless the store has it, and says how the store names it. */
async function sendPart(
  session: S3Session,
  { file, upload, part, have, onBytes }: PartSending,
): Promise<CompletedPart> {
  const stored = have?.get(part.number)
  // A part whose sending broke off may be listed with its full size. Its ETag is the MD5 of what is there
  // (under some encryptions it is not, and the part goes again).
  if (stored?.size === part.size && stored.etag.replaceAll('"', '') === (await md5Of(file.source, part))) {
    return { PartNumber: part.number, ETag: stored.etag }
  }
  const { sdk, location, options } = session
  const { ETag } = await attempt(session, `uploading ${file.path} to`, (client, abort) =>
    client.send(
      new sdk.UploadPartCommand({
        Bucket: location.bucket,
        Key: upload.key,
        UploadId: upload.id,
        PartNumber: part.number,
        Body: openStretch(file.source, part),
        ContentLength: part.size,
        ...payer(options),
      }),
      abort,
    ),
  )
  onBytes(part.size)
  return { PartNumber: part.number, ETag }
}
