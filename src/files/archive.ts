import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { Header, Pack } from 'tar-stream'
import { FlambeError } from '../errors.ts'
import { fileFailure } from './failure.ts'
import { safeJoin } from './safe-path.ts'
import { removeUnfinished, unfinishedName } from './unfinished.ts'

export type ArchiveEntry = {
  /** Relative, with `/`. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  readonly executable?: boolean | undefined
  readonly open: () => AsyncIterable<Uint8Array>
}

// Not 0: some tools take the epoch for "unknown". See https://reproducible-builds.org/docs/archives/
const fixedTime = new Date(1000)

/**
 * Writes a `.tar.gz` with these entries under the folder `top`, as a whole or not at all. The same entries give
 * the same bytes: sorted, with fixed times, owners and modes.
 */
export async function packArchive(
  entries: readonly ArchiveEntry[],
  target: string,
  { top, signal }: { top: string; signal?: AbortSignal | undefined },
): Promise<void> {
  const temporary = unfinishedName(target)
  const { pack } = await import('tar-stream')
  const tar = pack()
  const feed = async () => {
    for (const entry of [...entries].sort((a, b) => (a.path < b.path ? -1 : 1)))
      await addEntry(tar, entry, top)
    tar.finalize()
  }
  try {
    await mkdir(dirname(target), { recursive: true })
    await removeUnfinished(target)
    const out = createWriteStream(temporary)
    const options = signal ? { signal } : {}
    await Promise.all([
      feed().catch((error) => tar.destroy(error)),
      pipeline(tar, createGzip({ level: 6 }), normaliseGzipHeader(), out, options),
    ])
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    signal?.throwIfAborted()
    throw fileFailure(error, `writing ${target}`)
  }
}

async function addEntry(tar: Pack, entry: ArchiveEntry, top: string): Promise<void> {
  const header = {
    name: `${top}/${entry.path}`,
    size: entry.size,
    mode: entry.executable ? 0o755 : 0o644,
    mtime: fixedTime,
    uid: 0,
    gid: 0,
  }
  await new Promise<void>((resolve, reject) => {
    const sink = tar.entry(header, (error) => (error ? reject(error) : resolve()))
    pipeline(Readable.from(entry.open()), sink).catch(reject)
  })
}

/** The header's last byte names the system that wrote it, 255 is "unknown": https://www.rfc-editor.org/rfc/rfc1952 */
function normaliseGzipHeader(): Transform {
  let position = 0
  return new Transform({
    transform(chunk: Buffer, _, done) {
      if (position <= 9 && position + chunk.length > 9) chunk[9 - position] = 255
      position += chunk.length
      done(null, chunk)
    },
  })
}

export type UnpackLimits = {
  readonly mostEntries?: number
  /** Bytes of all files together. */
  readonly mostBytes?: number
  /** Bytes out for each byte in, once it is more than a little. */
  readonly mostRatio?: number
}

const ratioFrom = 64 * 1024 ** 2

/**
 * Unpacks a `.tar.gz` into an empty folder, without the one folder that all of it stands in.
 * @throws FlambeError `ARTIFACT_UNSAFE` for paths that leave the folder, links, devices, two entries of one name,
 * or an archive that expands without end; `ARTIFACT_DAMAGED` where it is cut off or no archive.
 */
export async function unpackArchive(
  source: string,
  directory: string,
  { mostEntries = 200_000, mostBytes = 1024 ** 4, mostRatio = 200 }: UnpackLimits = {},
): Promise<void> {
  const counted = { in: 0, out: 0, entries: 0 }
  const seen = new Set<string>()
  const check = () => {
    const bomb = counted.out > ratioFrom && counted.out > counted.in * mostRatio
    if (counted.entries > mostEntries || counted.out > mostBytes || bomb) {
      throw new FlambeError('ARTIFACT_UNSAFE', `${source} expands to more than it may`)
    }
  }
  const input = createReadStream(source).on('data', (chunk) => {
    counted.in += chunk.length
  })
  const { extract } = await import('tar-stream')
  const tar = extract()
  const fill = pipeline(input, createGunzip(), tar).catch((error) => tar.destroy(error))
  try {
    for await (const entry of tar) {
      counted.entries++
      const path = checkEntry(entry.header, { seen, source })
      if (path === undefined) entry.resume()
      else
        await writeEntry(Readable.from(entry), safeJoin(directory, path), {
          counted,
          check,
          mode: entry.header.mode ?? 0,
        })
    }
    await fill
  } catch (cause) {
    if (cause instanceof FlambeError) throw cause
    throw new FlambeError('ARTIFACT_DAMAGED', `${source} is cut off, or no .tar.gz`, { cause })
  }
}

/** The entry's path below the top folder; undefined for a folder, which its files bring. */
function checkEntry(
  { name, type }: Header,
  { seen, source }: { seen: Set<string>; source: string },
): string | undefined {
  const unsafe = (why: string) =>
    new FlambeError('ARTIFACT_UNSAFE', `${source} has the entry ${JSON.stringify(name)}: ${why}`, {
      hint: 'do not use this archive unless you know who made it and why',
    })
  safeJoin('/', name.replace(/\/$/, ''))
  if (type === 'directory') return undefined
  if (type !== 'file') throw unsafe(`it is a ${type}, and an artifact holds plain files only`)
  const folded = name.normalize('NFC').toLowerCase()
  if (seen.has(folded)) throw unsafe('it is there twice')
  seen.add(folded)
  const slash = name.indexOf('/')
  if (slash === -1) throw unsafe('it stands in no folder')
  return name.slice(slash + 1)
}

type Counted = { readonly counted: { out: number }; readonly check: () => void; readonly mode: number }

async function writeEntry(
  entry: AsyncIterable<Uint8Array>,
  target: string,
  { counted, check, mode }: Counted,
): Promise<void> {
  try {
    await mkdir(dirname(target), { recursive: true })
    await using file = await open(target, 'wx', mode & 0o100 ? 0o755 : 0o644)
    for await (const chunk of entry) {
      counted.out += chunk.length
      check()
      // `write` may take a part only.
      await file.writeFile(chunk)
    }
  } catch (error) {
    if (error instanceof FlambeError || !(error instanceof Error && 'syscall' in error)) throw error
    throw fileFailure(error, `writing ${target}`)
  }
}
