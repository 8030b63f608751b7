import { createWriteStream } from 'node:fs'
import { mkdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Manifest, manifestName, parseManifest } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { inParallel, sha256 } from '../../files/index.ts'
import { attempt, type S3Session } from './client.ts'
import { isConflict, isMissing } from './errors.ts'
import { formatS3Location, keyOf } from './location.ts'
import { retry } from './retry.ts'
import { objectOptions, payer } from './upload.ts'

/** The manifest as it stands in the store; `etag` names this very version of it. */
export type StoredManifest = {
  readonly manifest: Manifest
  readonly bytes: Uint8Array
  readonly etag: string | undefined
}

/**
 * Where a file's bytes lie: its digest names the folder, so that an object never changes, artifacts before and
 * after a rebuild share what they have in common, and an upload can go on where an earlier one stopped.
 */
export function fileKey(session: S3Session, { path, sha256 }: { path: string; sha256: string }): string {
  return keyOf(session.location, `files/${sha256}/${path.split('/').at(-1)}`)
}

/** The manifest under the prefix, or undefined where there is none. */
export async function getManifest(session: S3Session): Promise<StoredManifest | undefined> {
  const { sdk, location, options } = session
  const key = keyOf(location, manifestName)
  return attempt(session, 'reading', async (client, abort) => {
    try {
      const command = new sdk.GetObjectCommand({ Bucket: location.bucket, Key: key, ...payer(options) })
      const { Body, ETag } = await client.send(command, abort)
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array()
      const manifest = parseManifest(bytes, { file: `${formatS3Location(location)}/${manifestName}` })
      return { manifest, bytes, etag: ETag }
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  })
}

/**
 * Makes the uploaded files the artifact. This one write is the commit; it is conditional on the manifest that
 * was seen before, so that of two builders at once one wins whole.
 */
export async function putManifest(
  session: S3Session,
  bytes: Uint8Array,
  { replaces }: { replaces: StoredManifest | undefined },
): Promise<void> {
  const { sdk, location, options } = session
  const condition = replaces?.etag ? { IfMatch: replaces.etag } : replaces ? {} : { IfNoneMatch: '*' }
  await attempt(session, 'writing', async (client, abort) => {
    try {
      const command = new sdk.PutObjectCommand({
        Bucket: location.bucket,
        Key: keyOf(location, manifestName),
        Body: bytes,
        ContentType: 'application/json',
        ...condition,
        ...objectOptions(options),
      })
      await client.send(command, abort)
    } catch (error) {
      if (!isConflict(error)) throw error
      throw new FlambeError(
        'DESTINATION_NOT_EMPTY',
        `another build wrote ${formatS3Location(location)} first`,
        {
          cause: error,
          hint: 'build again to replace what it wrote (--force)',
        },
      )
    }
  })
}

export type ListedObject = {
  readonly key: string
  readonly size: number
  readonly modified: Date | undefined
}

/** Every object under the prefix, at a `/` boundary: `model` does not match `models/a`. */
export async function* listObjects(
  session: S3Session,
  { most }: { most?: number } = {},
): AsyncGenerator<ListedObject> {
  const { sdk, location, options } = session
  const Prefix = keyOf(location, '')
  let token: string | undefined
  do {
    const page = await attempt(session, 'listing', (client, abort) =>
      client.send(
        new sdk.ListObjectsV2Command({
          Bucket: location.bucket,
          Prefix,
          ...(most && { MaxKeys: most }),
          ...(token && { ContinuationToken: token }),
          ...payer(options),
        }),
        abort,
      ),
    )
    for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
      yield { key: Key, size: Size, modified: LastModified }
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined
  } while (token && most === undefined)
}

/** Deletes objects, a thousand a request, as many as S3 takes. */
export async function deleteObjects(session: S3Session, keys: readonly string[]): Promise<void> {
  const { sdk, location, options } = session
  const batches = Array.from({ length: Math.ceil(keys.length / 1000) }, (_, index) =>
    keys.slice(index * 1000, index * 1000 + 1000),
  )
  await inParallel(batches, 4, async (batch) => {
    const { Errors = [] } = await attempt(session, 'removing old objects under', (client, abort) =>
      client.send(
        new sdk.DeleteObjectsCommand({
          Bucket: location.bucket,
          Delete: { Objects: batch.map((Key) => ({ Key })), Quiet: true },
          ...payer(options),
        }),
        abort,
      ),
    )
    const [first] = Errors
    if (first) throw new FlambeError('DENIED', `the store did not remove ${first.Key}: ${first.Message}`)
  })
}

/** Brings the one object that the location names into a folder, and says where it is. */
export async function fetchObject(session: S3Session, directory: string): Promise<string> {
  const { sdk, location, options } = session
  const place = formatS3Location(location)
  return attempt(session, 'reading', async (client, abort) => {
    const input = { Bucket: location.bucket, Key: location.prefix, ...payer(options) }
    try {
      const { ETag } = await client.send(new sdk.HeadObjectCommand(input), abort)
      const target = join(directory, `${sha256(place, ETag ?? '')}.tar.gz`)
      if (ETag && (await stat(target).catch(() => undefined))) return target
      const { Body } = await client.send(new sdk.GetObjectCommand(input), abort)
      await mkdir(directory, { recursive: true })
      await pipeline(Body as NodeJS.ReadableStream, createWriteStream(`${target}.${process.pid}.part`))
      await rename(`${target}.${process.pid}.part`, target)
      return target
    } catch (cause) {
      if (!isMissing(cause)) throw cause
      throw new FlambeError(
        'ARTIFACT_NOT_FOUND',
        `S3 url: '${place}' is not available: there is no such object`,
        { cause },
      )
    }
  })
}

export async function objectExists(session: S3Session, key: string): Promise<boolean> {
  const { sdk, location, options } = session
  return attempt(session, 'looking for', async (client, abort) => {
    try {
      await client.send(
        new sdk.HeadObjectCommand({ Bucket: location.bucket, Key: key, ...payer(options) }),
        abort,
      )
      return true
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  })
}

/** Writes one object of at most 5 GB, the limit of a single request. */
export async function putStream(
  session: S3Session,
  { key, size, open, force }: { key: string; size: number; open: () => Readable; force: boolean },
): Promise<void> {
  const { sdk, location, options, signal } = session
  await attempt(session, 'uploading', (client, abort) =>
    retry(
      () =>
        client.send(
          new sdk.PutObjectCommand({
            Bucket: location.bucket,
            Key: key,
            Body: open(),
            ContentLength: size,
            ...(!force && { IfNoneMatch: '*' }),
            ...objectOptions(options),
          }),
          abort,
        ),
      { signal },
    ),
  )
}
