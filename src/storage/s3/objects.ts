import { FlambeError } from '../../errors.ts'
import { inParallel } from '../../files/index.ts'
import { isMissing } from './failure.ts'
import { keyOf } from './location.ts'
import { payer } from './options.ts'
import { attempt, type S3Session } from './session.ts'

export type ListedObject = {
  readonly key: string
  readonly size: number
  readonly modified: Date | undefined
}

/** Every object under `path` of the session's place; a place ends at a `/`, so `model` does not match `models/a`. */
export async function* listObjects(session: S3Session, path = ''): AsyncGenerator<ListedObject> {
  let token: string | undefined
  do {
    const page = await listPage(session, { path, token })
    for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
      yield { key: Key, size: Size, modified: LastModified }
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined
  } while (token)
}

/** The names at the session's place, as of files and folders (these end in `/`): the first thousand, in one request. */
export async function listNames(session: S3Session): Promise<string[]> {
  const { Contents = [], CommonPrefixes = [] } = await listPage(session, { path: '', delimiter: '/' })
  const names = [...Contents.map(({ Key = '' }) => Key), ...CommonPrefixes.map(({ Prefix = '' }) => Prefix)]
  const start = keyOf(session.location, '').length
  return names.map((name) => name.slice(start))
}

function listPage(
  session: S3Session,
  { path, token, delimiter }: { path: string; token?: string | undefined; delimiter?: string },
) {
  const { sdk, location, options } = session
  return attempt(session, 'listing', (client, abort) =>
    client.send(
      new sdk.ListObjectsV2Command({
        Bucket: location.bucket,
        Prefix: keyOf(location, path),
        ...(delimiter && { Delimiter: delimiter }),
        ...(token && { ContinuationToken: token }),
        ...payer(options),
      }),
      abort,
    ),
  )
}

/** Deletes objects, a thousand a request, as many as S3 takes. Those that are gone already are no failure. */
export async function deleteObjects(session: S3Session, keys: readonly string[]): Promise<void> {
  const { sdk, location, options } = session
  const batches = Array.from({ length: Math.ceil(keys.length / 1000) }, (_, index) =>
    keys.slice(index * 1000, index * 1000 + 1000),
  )
  await inParallel(batches, 4, async (batch) => {
    const { Errors = [] } = await attempt(session, 'removing objects under', (client, abort) =>
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

export type FoundObject = {
  readonly size: number
  readonly etag: string | undefined
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * What is known of one object, or undefined where it is not there. It asks for the first byte, and not by HEAD,
 * which has no body to say why it fails.
 */
export async function findObject(session: S3Session, key: string): Promise<FoundObject | undefined> {
  const { sdk, location, options } = session
  const input = { Bucket: location.bucket, Key: key, Range: 'bytes=0-0', ...payer(options) }
  try {
    return await attempt(session, 'looking for', async (client, abort) => {
      const found = await client.send(new sdk.GetObjectCommand(input), abort)
      await found.Body?.transformToByteArray()
      const size = Number(found.ContentRange?.split('/')[1] ?? found.ContentLength)
      return { size, etag: found.ETag, metadata: found.Metadata ?? {} }
    })
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
