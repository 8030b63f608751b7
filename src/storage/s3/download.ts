import { appendFile, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FlambeError } from '../../errors.ts'
import {
  createHasher,
  fileFailure,
  gate,
  type Hasher,
  inParallel,
  sha256 as sha256Of,
  writeWhole,
} from '../../files/index.ts'
import { claimPartial, type PartialFile } from './partial.ts'
import { damagedHint, type Readable, type Take } from './read.ts'
import type { Source } from './source.ts'

/** Files up to here are held in memory. */
const smallLimit = 1024 ** 2
/** Bytes of one ranged request; larger files come in several at once. */
const rangeSize = 16 * 1024 ** 2
/** Requests in flight. */
const lanes = 8
/** Bytes that are written at a time, and held for each request. */
const writeSize = 1024 ** 2

type WholeObject = Readable & { readonly size: number }

type KeepOptions = {
  /** Where the file belongs. */
  readonly target: string
  /** What its digest must be; where it is not known, only its size is checked. */
  readonly sha256?: string | undefined
  readonly onBytes: (count: number) => void
}

export type DownloadOptions = KeepOptions & { readonly downloads: Downloads }

/** What downloads that go on side by side share. */
export type Downloads = AsyncDisposable & {
  readonly hasher: Hasher
  readonly pass: ReturnType<typeof gate>
}

export function openDownloads(source: Source): Downloads {
  const hasher = createHasher(source)
  return { hasher, pass: gate(lanes), [Symbol.asyncDispose]: () => hasher[Symbol.asyncDispose]() }
}

/**
 * Brings one object to `target`. It grows under a name of its own beside the target, with a note of the ranges
 * that are there, so that an interrupted download goes on; it takes the target's name when its digest is right.
 */
export async function downloadObject(
  source: Source,
  object: WholeObject,
  options: DownloadOptions,
): Promise<void> {
  if (object.size <= smallLimit) return options.downloads.pass(() => downloadSmall(source, object, options))
  await mkdir(dirname(options.target), { recursive: true })
  const partial = await claimPartial(options.target, options.sha256 ?? 'unknown')
  const resumed = partial.done.size > 0
  if (await downloadRanges(source, object, { ...options, partial })) return
  // What an earlier run left may be damaged, by a crash of the machine: then it does not count.
  const fresh = { ...options, partial: { ...partial, done: new Set<number>() } }
  if (resumed && (await downloadRanges(source, object, fresh))) return
  throw altered(object.name)
}

async function downloadSmall(
  source: Source,
  object: WholeObject,
  { target, sha256, onBytes }: KeepOptions,
): Promise<void> {
  const bytes = Buffer.alloc(object.size)
  const take = (chunk: Uint8Array, position: number) => void bytes.set(chunk, position)
  await source.read(object, { start: 0, end: object.size, take })
  await keep(bytes, object.name, { target, sha256, onBytes })
}

/** Writes the bytes of a file where it belongs, as a whole, if they are what they must be. */
export async function keep(
  bytes: Uint8Array,
  name: string,
  { target, sha256, onBytes }: KeepOptions,
): Promise<void> {
  if (sha256 !== undefined && sha256Of(bytes) !== sha256) throw altered(name)
  await writeWhole(target, bytes).catch((error) => {
    throw fileFailure(error, `writing ${target}`)
  })
  onBytes(bytes.length)
}

type RangesOptions = DownloadOptions & { readonly partial: PartialFile }

/** Brings the ranges that are not there, and gives whether the whole is what it must be. */
async function downloadRanges(source: Source, object: WholeObject, options: RangesOptions): Promise<boolean> {
  const { target, sha256, partial } = options
  const { file, note } = partial
  try {
    const digest = await fetchRanges(source, object, options)
    await rm(note, { force: true })
    if (digest === sha256) await rename(file, target)
    else await rm(file, { force: true })
    return digest === sha256
  } catch (error) {
    await partial.release()
    source.signal?.throwIfAborted()
    throw fileFailure(error, `downloading ${object.name}`)
  }
}

/** Gives the digest of the whole, where one is known to compare it with. */
async function fetchRanges(
  source: Source,
  object: WholeObject,
  { sha256, onBytes, partial: { file, note, done }, downloads: { pass, hasher } }: RangesOptions,
): Promise<string | undefined> {
  const { size } = object
  await using handle = await open(file, done.size > 0 ? 'r+' : 'w')
  const starts = Array.from({ length: Math.ceil(size / rangeSize) }, (_, index) => index * rangeSize)
  const there = new Set(done)
  const hash = sha256 === undefined ? undefined : hasher.open(file)
  const missing = starts.filter((start) => !done.has(start))
  await inParallel(missing, lanes, (start) =>
    pass(async () => {
      const end = Math.min(start + rangeSize, size)
      const { take, flush } = gathered(handle)
      await source.read(object, { start, end, take })
      await flush()
      onBytes(end - start)
      await appendFile(note, `${start}\n`)
      there.add(start)
      hash?.grow(starts.find((one) => !there.has(one)) ?? size)
    }),
  )
  return hash?.digest(size)
}

/** Writes chunks that follow each other some at a time: a call for each would cost more than its bytes. */
function gathered(handle: FileHandle): { readonly take: Take; readonly flush: () => Promise<void> } {
  const buffer = Buffer.allocUnsafeSlow(writeSize)
  let [from, size] = [0, 0]
  const flush = async () => {
    for (let done = 0; done < size; ) {
      const { bytesWritten } = await handle.write(buffer, done, size - done, from + done).catch((error) => {
        // Told as ours here: nobody takes it for a failure of the store, which is tried again.
        throw fileFailure(error, 'writing a download')
      })
      done += bytesWritten
    }
    from += size
    size = 0
  }
  const take: Take = async (chunk, position) => {
    // A new try begins anew: what was held of the last one comes again.
    if (position !== from + size) {
      from = position
      size = 0
    }
    for (let taken = 0; taken < chunk.length; ) {
      const part = chunk.subarray(taken, taken + writeSize - size)
      buffer.set(part, size)
      size += part.length
      taken += part.length
      if (size === writeSize) await flush()
    }
  }
  return { take, flush }
}

function altered(name: string): FlambeError {
  return new FlambeError('ARTIFACT_DAMAGED', `${name} in the store is not what the manifest says`, {
    hint: damagedHint,
  })
}
