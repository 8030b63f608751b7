import type {
  CompletedPart,
  ListMultipartUploadsCommandInput,
  ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3'
import { isDenied, isMissing, isUnknown } from './failure.ts'
import { keyOf } from './location.ts'
import { objectOptions, payer } from './options.ts'
import { attempt, type S3Session } from './session.ts'

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

/** A multipart upload that was begun and not ended. */
export type OpenUpload = { readonly key: string; readonly id: string }

/** What the store has of an upload, by part number. */
export type StoredParts = ReadonlyMap<number, { readonly etag: string; readonly size: number }>

export async function createUpload(
  session: S3Session,
  key: string,
  metadata: Readonly<Record<string, string>>,
): Promise<OpenUpload> {
  const { sdk, location, options } = session
  const input = { Bucket: location.bucket, Key: key, Metadata: metadata, ...objectOptions(options) }
  const { UploadId = '' } = await attempt(session, 'uploading to', (client, abort) =>
    client.send(new sdk.CreateMultipartUploadCommand(input), abort),
  )
  return { key, id: UploadId }
}

type Marker = { readonly KeyMarker?: string; readonly UploadIdMarker?: string }

/** The uploads under `path` of the session's place; none where the store or the policy does not let them be seen. */
export async function listUploads(session: S3Session, path: string): Promise<OpenUpload[]> {
  const { sdk, location, options } = session
  const found: OpenUpload[] = []
  let marker: Marker | undefined = {}
  while (marker) {
    const input: ListMultipartUploadsCommandInput = {
      Bucket: location.bucket,
      Prefix: keyOf(location, path),
      ...marker,
      ...payer(options),
    }
    const page: ListMultipartUploadsCommandOutput | undefined = await attempt(
      session,
      'listing the uploads of',
      (client, abort) => client.send(new sdk.ListMultipartUploadsCommand(input), abort),
    ).catch((error) => {
      if (isDenied(error) || isUnknown(error)) return undefined
      throw error
    })
    for (const { Key: key, UploadId: id } of page?.Uploads ?? []) if (key && id) found.push({ key, id })
    if (!page?.IsTruncated) break
    const { NextKeyMarker, NextUploadIdMarker } = page
    marker = NextKeyMarker
      ? { KeyMarker: NextKeyMarker, ...(NextUploadIdMarker && { UploadIdMarker: NextUploadIdMarker }) }
      : undefined
  }
  return found
}

/** The parts of an upload that the store has; undefined where the upload is not there any more. */
export async function listParts(session: S3Session, upload: OpenUpload): Promise<StoredParts | undefined> {
  const { sdk } = session
  const parts = new Map<number, { etag: string; size: number }>()
  // Not the SDK's paginator: some stores give a marker beside "not truncated", and it would ask for ever.
  let marker: string | undefined
  try {
    do {
      const input = { ...target(session, upload), ...(marker && { PartNumberMarker: marker }) }
      const page = await attempt(session, 'listing the parts of', (client, abort) =>
        client.send(new sdk.ListPartsCommand(input), abort),
      )
      for (const { PartNumber, ETag, Size = 0 } of page.Parts ?? [])
        if (PartNumber !== undefined && ETag) parts.set(PartNumber, { etag: ETag, size: Size })
      marker = page.IsTruncated ? page.NextPartNumberMarker : undefined
    } while (marker)
    return parts
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Makes the parts one object. With `fresh`, only where there is none of this key. */
export async function completeUpload(
  session: S3Session,
  upload: OpenUpload,
  { parts, fresh = false }: { readonly parts: readonly CompletedPart[]; readonly fresh?: boolean },
): Promise<void> {
  const { sdk } = session
  const input = { ...target(session, upload), MultipartUpload: { Parts: [...parts] } }
  await attempt(session, 'completing an upload to', (client, abort) =>
    client.send(
      new sdk.CompleteMultipartUploadCommand({ ...input, ...(fresh && { IfNoneMatch: '*' }) }),
      abort,
    ),
  )
}

/** Gives an upload up, and what it holds in the store. */
export async function abortUpload(session: S3Session, upload: OpenUpload): Promise<void> {
  const { sdk } = session
  await attempt(session, 'giving up an upload to', (client, abort) =>
    client.send(new sdk.AbortMultipartUploadCommand(target(session, upload)), abort),
  ).catch((error) => {
    if (!isMissing(error) && !isDenied(error)) throw error
  })
}

function target({ location, options }: S3Session, { key, id }: OpenUpload) {
  return { Bucket: location.bucket, Key: key, UploadId: id, ...payer(options) }
}
