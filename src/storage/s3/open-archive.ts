import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FlambeError } from '../../errors.ts'
import { sha256 } from '../../files/index.ts'
import { type Progress, step } from '../../progress.ts'
import { downloadObject, openDownloads } from './download.ts'
import { formatS3Location } from './location.ts'
import { findObject } from './objects.ts'
import type { S3Session } from './session.ts'
import { s3Source } from './source.ts'

/** Brings the one object that the session's place names into a folder, unless it is there, and says where it is. */
export async function fetchArchive(
  session: S3Session,
  { directory, progress }: { readonly directory: string; readonly progress: Progress },
): Promise<string> {
  const place = formatS3Location(session.location)
  const key = session.location.prefix
  const found = await findObject(session, key)
  if (!found) {
    throw new FlambeError(
      'ARTIFACT_NOT_FOUND',
      `S3 url: '${place}' is not available: there is no such object`,
      { hint: 'flambe ls s3://bucket shows the artifacts of a bucket' },
    )
  }
  const { size, etag = '', metadata } = found
  const digest = metadata['sha256']
  const target = join(directory, `${digest ?? sha256(place, etag)}.tar.gz`)
  if ((await stat(target).catch(() => undefined))?.size === size) return target
  await step(progress, { title: `download ${place}`, total: size }, async (id) => {
    const onBytes = (count: number) => progress({ type: 'bytes', id, count })
    const source = s3Source(session)
    await using downloads = openDownloads(source)
    await downloadObject(source, { key, size, name: key }, { target, sha256: digest, onBytes, downloads })
  })
  return target
}
