import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { FlambeError } from '../../errors.ts'
import { codeOf } from '../../files/index.ts'
import type { FileEntry, LayerEntry } from '../plan/image-plan.ts'
import { mapAhead } from './blocks.ts'
import { tarEnd, tarHeader, tarPadding } from './tar-header.ts'

/** A part of a tar: bytes at hand, or a file where it lies. */
export type Segment = { readonly size: number } & (
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly path: string; readonly sha256?: string }
)

/** What a socket, a disk and a hash take at once with little ado. */
const chunkBytes = 2 ** 20
/** Smaller pieces are put together. */
const smallBytes = 2 ** 16
const partsAhead = 48
/** A borrowed chunk may be overwritten once so many more have been asked for. */
const borrowedChunks = 3

/** The tar of these entries, in parts. Large files stay where they are. */
export function tarSegments(entries: readonly LayerEntry[]): readonly Segment[] {
  const content = entries.flatMap((entry) => [
    bytes(tarHeader(entry)),
    ...(entry.kind === 'file' ? [...contentOf(entry), bytes(tarPadding(entry.size))] : []),
  ])
  return [...content, bytes(tarEnd())].filter(({ size }) => size > 0)
}

export function totalSize(segments: readonly Segment[]): number {
  return segments.reduce((sum, { size }) => sum + size, 0)
}

export type ReadOptions = {
  readonly start?: number
  readonly signal?: AbortSignal | undefined
  /** Chunks may be overwritten once three more have been asked for. */
  readonly borrow?: boolean
  /** Hash each file that is read whole, and compare. */
  readonly isVerified?: (segment: Segment & { readonly kind: 'file' }) => boolean
}

/**
 * The bytes of the segments from `start` on; what is before is not read. Each chunk has its own memory, unless they are borrowed.
 * @throws FlambeError `SOURCE_INVALID` where a file is gone, shorter, or not what its sha256 says.
 */
export async function* readSegments(
  segments: readonly Segment[],
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const small: Uint8Array[] = []
  let waiting = 0
  for await (const chunk of pieces(segments, options)) {
    small.push(chunk)
    waiting += chunk.length
    if (chunk.length < smallBytes && waiting < chunkBytes) continue
    yield* chunk.length < smallBytes ? [joined(small)] : [...joinedOrNone(small.slice(0, -1)), chunk]
    small.length = 0
    waiting = 0
  }
  yield* joinedOrNone(small)
}

async function* pieces(segments: readonly Segment[], options: ReadOptions): AsyncGenerator<Uint8Array> {
  const { start = 0, signal, borrow = false, isVerified = () => false } = options
  const memory = chunkMemory(borrow)
  const open = async ({ segment, skip }: Part): Promise<Uint8Array | AsyncIterable<Uint8Array>> => {
    signal?.throwIfAborted()
    if (segment.kind === 'bytes') return segment.bytes.subarray(skip)
    const verify = skip === 0 && isVerified(segment)
    const chunks = readFile(segment, { start: skip, signal, memory, verify })
    return segment.size > chunkBytes ? chunks : collected(chunks)
  }
  // Small files take longer to open than to read.
  for await (const piece of mapAhead(partsFrom(segments, start), partsAhead, open)) {
    if (piece instanceof Uint8Array) yield piece
    else yield* piece
  }
}

type Part = { readonly segment: Segment; readonly skip: number }

/** The segments that have anything from `start` on, and how much of each is before it. */
function* partsFrom(segments: readonly Segment[], start: number): Generator<Part> {
  let position = 0
  for (const segment of segments) {
    if (position + segment.size > start) yield { segment, skip: Math.max(0, start - position) }
    position += segment.size
  }
}

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return joined(all)
}

type FileReading = {
  readonly start: number
  readonly signal: AbortSignal | undefined
  readonly memory: (size: number) => Buffer
  readonly verify: boolean
}

async function* readFile(
  { path, size, sha256 }: Segment & { readonly kind: 'file' },
  { start, signal, memory, verify }: FileReading,
): AsyncGenerator<Uint8Array> {
  await using file = await openSource(path)
  const hash = verify && sha256 !== undefined ? createHash('sha256') : undefined
  const read = (from: number) => {
    const chunk = memory(Math.min(chunkBytes, size - from))
    const reading = file.read(chunk, 0, chunk.length, from)
    // A failure is met when its turn comes.
    reading.catch(() => {})
    return reading
  }
  let next = read(start)
  for (let position = start; position < size; ) {
    signal?.throwIfAborted()
    const { bytesRead, buffer } = await next
    if (bytesRead === 0) throw changed(path, `it ends after ${position} of ${size} bytes`)
    const chunk = buffer.subarray(0, bytesRead)
    position += bytesRead
    // Read while this one is worked on.
    if (position < size) next = read(position)
    hash?.update(chunk)
    if (position === size && hash && hash.digest('hex') !== sha256)
      throw changed(path, 'its bytes are others')
    yield chunk
  }
}

/** Memory for chunks of large files: new each time, or of the last ones in turn. The one that is read ahead counts. */
function chunkMemory(borrow: boolean): (size: number) => Buffer {
  if (!borrow) return (size) => Buffer.allocUnsafe(size)
  const ring: Buffer[] = []
  let turn = 0
  return (size) => {
    // What is less is of a small file, which waits for its turn, or the last of a large one.
    if (size < chunkBytes) return Buffer.allocUnsafe(size)
    turn = (turn + 1) % (borrowedChunks + 1)
    ring[turn] ??= Buffer.allocUnsafe(chunkBytes)
    return ring[turn] ?? Buffer.allocUnsafe(size)
  }
}

async function openSource(path: string): Promise<FileHandle> {
  return open(path, 'r').catch((cause) => {
    const why = codeOf(cause) === 'ENOENT' ? 'is not there any more' : 'cannot be read'
    throw new FlambeError('SOURCE_INVALID', `${path} ${why}`, { cause })
  })
}

function changed(path: string, how: string): FlambeError {
  return new FlambeError('SOURCE_INVALID', `${path} changed while it was packed: ${how}`, {
    hint: 'wait until whatever writes it is done, and build again',
  })
}

function contentOf({ source, size, sha256 }: FileEntry): Segment[] {
  if (source.kind === 'bytes') return source.chunks.map(bytes)
  return [{ kind: 'file', path: source.path, size, ...(sha256 !== undefined && { sha256 }) }]
}

const bytes = (value: Uint8Array): Segment => ({ kind: 'bytes', bytes: value, size: value.length })

const joined = (chunks: readonly Uint8Array[]): Uint8Array =>
  chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
const joinedOrNone = (chunks: readonly Uint8Array[]) => (chunks.length > 0 ? [joined(chunks)] : [])
