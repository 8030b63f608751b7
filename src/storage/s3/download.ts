import { appendFile, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { FileEntry } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { fileFailure, hashFile, inParallel, sha256 as sha256Of } from '../../files/index.ts'
import { attempt, type S3Session } from './client.ts'
import { isMissing } from './errors.ts'
import { fileKey } from './objects.ts'
import { retry } from './retry.ts'
import { payer } from './upload.ts'

/** Bytes of one ranged request; larger files come in several at once. */
const rangeSize = 16 * 1024 ** 2
const lanes = 8

export type DownloadOptions = {
  /** Where the file belongs. */
  readonly target: string
  readonly onBytes: (count: number) => void
}

/**
 * Brings one file of the artifact to `target`. It grows under a name of its own beside the target, with a note
 * of the ranges that are there, so that an interrupted download goes on; it takes the target's name only when
 * its digest is right.
 */
export async function downloadFile(
  session: S3Session,
  file: FileEntry,
  { target, onBytes }: DownloadOptions,
): Promise<void> {
  const part = `${target}.${file.sha256.slice(0, 12)}.part`
  const note = `${part}.ranges`
  await mkdir(dirname(target), { recursive: true })
  try {
    if (file.size <= rangeSize) return await fetchWhole(session, file, { target, part, onBytes })
    await fetchRanges(session, file, { part, note, onBytes })
    const { sha256 } = await hashFile(part, { signal: session.signal })
    await rm(note, { force: true })
    if (sha256 === file.sha256) return await rename(part, target)
    await rm(part, { force: true })
    throw new FlambeError(
      'ARTIFACT_DAMAGED',
      `${file.path} has the digest ${sha256}, and not ${file.sha256}`,
      {
        hint: 'the object was changed behind the manifest; build the artifact again with --force',
      },
    )
  } catch (error) {
    session.signal?.throwIfAborted()
    throw fileFailure(error, `downloading ${file.path}`)
  }
}

/** A small file in one request, hashed in memory. */
async function fetchWhole(
  session: S3Session,
  file: FileEntry,
  { target, part, onBytes }: { target: string; part: string; onBytes: (count: number) => void },
): Promise<void> {
  const read = async () =>
    Buffer.concat(await Array.fromAsync(await openRange(session, file, { start: 0, end: file.size })))
  const bytes = file.size === 0 ? Buffer.alloc(0) : await retry(read, { signal: session.signal })
  const digest = sha256Of(bytes)
  if (digest !== file.sha256) throw altered(file, digest)
  await writeFile(part, bytes)
  await rename(part, target)
  onBytes(bytes.length)
}

function altered({ path, sha256 }: FileEntry, found: string): FlambeError {
  return new FlambeError('ARTIFACT_DAMAGED', `${path} has the digest ${found}, and not ${sha256}`, {
    hint: 'the object was changed behind the manifest; build the artifact again with --force',
  })
}

type Fetching = { readonly part: string; readonly note: string; readonly onBytes: (count: number) => void }

async function fetchRanges(
  session: S3Session,
  file: FileEntry,
  { part, note, onBytes }: Fetching,
): Promise<void> {
  const done = await readNote(part, note)
  await using handle = await open(part, done.size > 0 ? 'r+' : 'w')
  const starts = Array.from({ length: Math.ceil(file.size / rangeSize) }, (_, index) => index * rangeSize)
  const missing = starts.filter((start) => !done.has(start))
  await inParallel(missing, lanes, async (start) => {
    const end = Math.min(start + rangeSize, file.size)
    await retry(
      async () => {
        let position = start
        for await (const chunk of await openRange(session, file, { start, end })) {
          await handle.write(chunk, 0, chunk.length, position)
          position += chunk.length
        }
        if (position !== end) throw new TypeError(`range ${start}-${end} ended at ${position}`)
      },
      { signal: session.signal },
    )
    onBytes(end - start)
    if (file.size > rangeSize) await appendFile(note, `${start}\n`)
  })
}

/** The starts of the ranges that an earlier try brought; none where its file is gone. */
async function readNote(part: string, note: string): Promise<ReadonlySet<number>> {
  const there = await stat(part).catch(() => undefined)
  const text = there ? await readFile(note, 'utf8').catch(() => '') : ''
  return new Set(text.split('\n').slice(0, -1).map(Number))
}

async function openRange(
  session: S3Session,
  file: FileEntry,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<AsyncIterable<Uint8Array>> {
  const { sdk, location, options } = session
  return attempt(session, `reading ${file.path} of`, async (client, abort) => {
    const whole = start === 0 && end === file.size
    const command = new sdk.GetObjectCommand({
      Bucket: location.bucket,
      Key: fileKey(session, file),
      ...(!whole && { Range: `bytes=${start}-${end - 1}` }),
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
