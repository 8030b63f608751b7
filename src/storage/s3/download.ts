import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FileEntry } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { attempt, type S3Session } from './client.ts'
import { isMissing } from './errors.ts'
import { fileKey } from './objects.ts'
import { retry } from './retry.ts'
import { payer } from './upload.ts'

export type DownloadOptions = {
  /** Where the file belongs. */
  readonly target: string
  readonly onBytes: (count: number) => void
}

/**
 * Brings one file of the artifact to `target`. It grows under a name of its own beside the target, so that an
 * interrupted download goes on where it stopped, and takes the target's name only when its digest is right.
 */
export async function downloadFile(
  session: S3Session,
  file: FileEntry,
  { target, onBytes }: DownloadOptions,
): Promise<void> {
  const part = `${target}.${file.sha256.slice(0, 8)}.part`
  await mkdir(dirname(target), { recursive: true })
  await retry(() => fetchRest(session, file, { part, onBytes }), { signal: session.signal })
  const digest = await digestOf(part)
  if (digest !== file.sha256) {
    await rm(part, { force: true })
    throw new FlambeError(
      'ARTIFACT_DAMAGED',
      `${file.path} has the digest ${digest}, and not ${file.sha256}`,
      {
        hint: 'the object was changed behind the manifest; build the artifact again with --force',
      },
    )
  }
  await rename(part, target)
}

async function fetchRest(
  session: S3Session,
  file: FileEntry,
  { part, onBytes }: { part: string; onBytes: (count: number) => void },
): Promise<void> {
  const have = await stat(part).then(
    ({ size }) => size,
    () => 0,
  )
  const start = have <= file.size ? have : 0
  const handle = await open(part, start > 0 ? 'r+' : 'w')
  try {
    if (start === file.size) return
    let position = start
    for await (const chunk of await openObject(session, file, start)) {
      await handle.write(chunk, 0, chunk.length, position)
      position += chunk.length
      onBytes(chunk.length)
    }
  } finally {
    await handle.close()
  }
}

async function openObject(
  session: S3Session,
  file: FileEntry,
  start: number,
): Promise<AsyncIterable<Uint8Array>> {
  const { sdk, location, options } = session
  return attempt(session, `reading ${file.path} of`, async (client, abort) => {
    const command = new sdk.GetObjectCommand({
      Bucket: location.bucket,
      Key: fileKey(session, file),
      ...(start > 0 && { Range: `bytes=${start}-` }),
      ...payer(options),
    })
    try {
      const { Body } = await client.send(command, abort)
      return Body as unknown as AsyncIterable<Uint8Array>
    } catch (cause) {
      if (!isMissing(cause)) throw cause
      throw new FlambeError('ARTIFACT_DAMAGED', `${file.path} is not in the store`, { cause })
    }
  })
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 4 * 1024 ** 2 })) hash.update(chunk)
  return hash.digest('hex')
}

/** The path of a file in the folder that mirrors the artifact. */
export function localPath(directory: string, { path }: FileEntry): string {
  return join(directory, ...path.split('/'))
}
