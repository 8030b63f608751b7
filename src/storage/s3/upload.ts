import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import type { CompletedPart } from '@aws-sdk/client-s3'
import type { ArtifactFile, FileSource } from '../../artifact/index.ts'
import { attempt, type S3Session } from './client.ts'
import { isMissing } from './errors.ts'
import type { S3Options } from './options.ts'
import { retry } from './retry.ts'

const mebibyte = 1024 ** 2
/** Files up to here go in one request. */
export const singleLimit = 16 * mebibyte
/** S3 takes at most 10,000 parts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const mostParts = 10_000

/** One request's worth of upload. `start` and `size` in bytes. */
export type Part = { readonly number: number; readonly start: number; readonly size: number }

/** How a file of this size is cut: the same for every run, so that a later run can go on with an earlier one's parts. */
export function partsOf(size: number): readonly Part[] {
  const partSize = Math.max(singleLimit, Math.ceil(size / mostParts / mebibyte) * mebibyte)
  return Array.from({ length: Math.ceil(size / partSize) }, (_, index) => ({
    number: index + 1,
    start: index * partSize,
    size: Math.min(partSize, size - index * partSize),
  }))
}

export type UploadOptions = { readonly key: string; readonly onBytes: (count: number) => void }

/** Sends a file of at most 16 MiB in one request. */
export async function putFile(
  session: S3Session,
  file: ArtifactFile,
  { key, onBytes }: UploadOptions,
): Promise<void> {
  const { sdk, location, options, signal } = session
  await attempt(session, `uploading ${file.path} to`, (client, abort) =>
    retry(
      () =>
        client.send(
          new sdk.PutObjectCommand({
            Bucket: location.bucket,
            Key: key,
            Body: openRange(file.source, { start: 0, size: file.size }),
            ContentLength: file.size,
            Metadata: { sha256: file.sha256 },
            ...objectOptions(options),
          }),
          abort,
        ),
      { signal },
    ),
  )
  onBytes(file.size)
}

/** A multipart upload that takes parts: new, or an interrupted one of the same content. */
export type Multipart = {
  readonly key: string
  readonly id: string
  /** What the store has already, by part number. */
  readonly done: ReadonlyMap<number, CompletedPart & { readonly Size?: number }>
}

/** Opens a multipart upload for the file, going on with an interrupted one: a key names its content, so any fits. */
export async function openMultipart(
  session: S3Session,
  file: ArtifactFile,
  { key, interrupted }: { key: string; interrupted: string | undefined },
): Promise<Multipart> {
  const known = interrupted === undefined ? undefined : await listParts(session, key, interrupted)
  if (interrupted !== undefined && known) return { key, id: interrupted, done: known }
  const { sdk, location, options } = session
  const created = await attempt(session, `uploading ${file.path} to`, (client, abort) =>
    client.send(
      new sdk.CreateMultipartUploadCommand({
        Bucket: location.bucket,
        Key: key,
        Metadata: { sha256: file.sha256 },
        ...objectOptions(options),
      }),
      abort,
    ),
  )
  return { key, id: created.UploadId ?? '', done: new Map() }
}

async function listParts(
  session: S3Session,
  key: string,
  id: string,
): Promise<Multipart['done'] | undefined> {
  const { sdk, client, location } = session
  const parts = new Map<number, CompletedPart & { readonly Size?: number }>()
  // Not the SDK's paginator: some stores give a marker beside "not truncated", and it would ask for ever.
  let marker: string | undefined
  do {
    const input = {
      Bucket: location.bucket,
      Key: key,
      UploadId: id,
      ...(marker && { PartNumberMarker: marker }),
    }
    const page = await client.send(new sdk.ListPartsCommand(input)).catch((error) => {
      if (isMissing(error)) return undefined
      throw error
    })
    if (!page) return undefined
    for (const { PartNumber, ETag, Size } of page.Parts ?? []) {
      if (PartNumber !== undefined && ETag && Size !== undefined)
        parts.set(PartNumber, { PartNumber, ETag, Size })
    }
    marker = page.IsTruncated ? page.NextPartNumberMarker : undefined
  } while (marker)
  return parts
}

/** Sends one part, unless the store has it, and says how the store names it. */
export async function putPart(
  session: S3Session,
  { file, multipart, part, onBytes }: PartUpload,
): Promise<CompletedPart> {
  const have = multipart.done.get(part.number)
  if (have?.Size === part.size && (await isSame(file, part, have.ETag))) {
    return { PartNumber: part.number, ETag: have.ETag }
  }
  const { sdk, location, options, signal } = session
  const { ETag } = await attempt(session, `uploading ${file.path} to`, (client, abort) =>
    retry(
      () =>
        client.send(
          new sdk.UploadPartCommand({
            Bucket: location.bucket,
            Key: multipart.key,
            UploadId: multipart.id,
            PartNumber: part.number,
            Body: openRange(file.source, part),
            ContentLength: part.size,
            ...payer(options),
          }),
          abort,
        ),
      { signal },
    ),
  )
  onBytes(part.size)
  return { PartNumber: part.number, ETag }
}

/**
 * True where the store's part is this part of the file. A part whose sending broke off may be listed with its
 * full size; its ETag is the MD5 of what is there (under some encryptions it is not, and the part goes again).
 */
async function isSame(file: ArtifactFile, part: Part, etag: string | undefined): Promise<boolean> {
  const hash = createHash('md5')
  const bytes = openRange(file.source, part)
  if (bytes instanceof Uint8Array) hash.update(bytes)
  else for await (const chunk of bytes) hash.update(chunk)
  return etag?.replaceAll('"', '') === hash.digest('hex')
}

export type PartUpload = {
  readonly file: ArtifactFile
  readonly multipart: Multipart
  readonly part: Part
  readonly onBytes: (count: number) => void
}

/** Makes the parts one object. */
export async function completeMultipart(
  session: S3Session,
  { key, id }: Multipart,
  parts: readonly CompletedPart[],
): Promise<void> {
  const { sdk, location, options } = session
  await attempt(session, 'completing an upload to', (client, abort) =>
    client.send(
      new sdk.CompleteMultipartUploadCommand({
        Bucket: location.bucket,
        Key: key,
        UploadId: id,
        MultipartUpload: { Parts: [...parts] },
        ...payer(options),
      }),
      abort,
    ),
  )
}

/** How the spec wants every object to be stored. */
export function objectOptions(options: S3Options) {
  const { serverSideEncryption, sseKmsKeyId, acl, storageClass } = options
  return {
    ...(serverSideEncryption && { ServerSideEncryption: serverSideEncryption }),
    ...(sseKmsKeyId && { SSEKMSKeyId: sseKmsKeyId }),
    ...(acl && { ACL: acl }),
    ...(storageClass && { StorageClass: storageClass as 'STANDARD' }),
    ...payer(options),
  }
}

export function payer({ requesterPays }: S3Options): { RequestPayer?: 'requester' } {
  return requesterPays ? { RequestPayer: 'requester' } : {}
}

function openRange(
  source: FileSource,
  { start, size }: { start: number; size: number },
): Readable | Uint8Array {
  if (source.kind === 'bytes') return Buffer.concat(source.chunks).subarray(start, start + size)
  if (size === 0) return new Uint8Array()
  return createReadStream(source.path, { start, end: start + size - 1, highWaterMark: mebibyte })
}
