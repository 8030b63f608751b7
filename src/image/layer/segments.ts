import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { FlambeError } from '../../errors.ts'
import { codeOf } from '../../files/index.ts'
import type { FileEntry, LayerEntry } from '../plan/image-plan.ts'
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
  /** Hash each file that is read whole, and compare. */
  readonly isVerified?: (segment: Segment & { readonly kind: 'file' }) => boolean
}

/**
 * The bytes of the segments from `start` on; what is before is not read. Each chunk has its own memory.
 * @throws FlambeError `SOURCE_INVALID` where a file is gone, shorter, or not what its sha256 says.
 */
export async function* readSegments(
  segments: readonly Segment[],
  { start = 0, signal, isVerified = () => false }: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const small: Uint8Array[] = []
  let waiting = 0
  for await (const chunk of pieces(segments, { start, signal, isVerified })) {
    small.push(chunk)
    waiting += chunk.length
    if (chunk.length < smallBytes && waiting < chunkBytes) continue
    yield* chunk.length < smallBytes ? [joined(small)] : [...joinedOrNone(small.slice(0, -1)), chunk]
    small.length = 0
    waiting = 0
  }
  yield* joinedOrNone(small)
}

async function* pieces(
  segments: readonly Segment[],
  { start, signal, isVerified }: Required<Omit<ReadOptions, 'signal'>> & Pick<ReadOptions, 'signal'>,
): AsyncGenerator<Uint8Array> {
  let skip = start
  for (const segment of segments) {
    signal?.throwIfAborted()
    if (skip < segment.size) {
      if (segment.kind === 'bytes') yield segment.bytes.subarray(skip)
      else yield* readFile(segment, { start: skip, signal, verify: skip === 0 && isVerified(segment) })
    }
    skip = Math.max(0, skip - segment.size)
  }
}

async function* readFile(
  { path, size, sha256 }: Segment & { readonly kind: 'file' },
  { start, signal, verify }: { start: number; signal: AbortSignal | undefined; verify: boolean },
): AsyncGenerator<Uint8Array> {
  await using file = await openSource(path)
  const hash = verify && sha256 !== undefined ? createHash('sha256') : undefined
  for (let position = start; position < size; ) {
    signal?.throwIfAborted()
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, size - position))
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position)
    if (bytesRead === 0) throw changed(path, `it ends after ${position} of ${size} bytes`)
    hash?.update(chunk.subarray(0, bytesRead))
    position += bytesRead
    if (position === size && hash && hash.copy().digest('hex') !== sha256)
      throw changed(path, 'its bytes are others')
    yield chunk.subarray(0, bytesRead)
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
