import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FlambeError } from '../../errors.ts'
import type { HashCache } from '../../files/index.ts'
import type { Compression } from '../plan/image-plan.ts'
import { compressed } from './compress.ts'
import { readSegments, type Segment } from './segments.ts'

/** What is known of a layer once all of its bytes have been seen. */
export type Packed = { readonly diffId: string; readonly digest: string; readonly size: number }

export type PackOptions = {
  readonly compression: Compression
  readonly hashCache: HashCache
  /** Where the compressed bytes are kept. */
  readonly blobPath: (digest: string) => string
  /** Gets the number of uncompressed bytes as they pass. */
  readonly onBytes: (count: number) => void
  readonly signal: AbortSignal | undefined
}

/** Below this a file is hashed while it passes: it costs less than the questions. */
const largeBytes = 2 ** 20

/** Reads all of a layer once: its digests, and the compressed bytes into the cache. */
export async function packLayer(segments: readonly Segment[], options: PackOptions): Promise<Packed> {
  const { compression, hashCache, blobPath, onBytes, signal } = options
  const witnessed = await unchangedFiles(segments, hashCache)
  const diff = createHash('sha256')
  let plainSize = 0
  const plain = observed(
    // What is compressed waits in blocks of its own.
    readSegments(segments, { signal, borrow: true, isVerified: ({ path }) => !witnessed.has(path) }),
    (chunk) => {
      diff.update(chunk)
      plainSize += chunk.length
      onBytes(chunk.length)
    },
  )
  const stored = compression === 'none' ? await drained(plain) : await kept(plain, { compression, blobPath })
  for (const path of witnessed) if (!hashCache.known(path)) throw changed(path)
  const diffId = `sha256:${diff.digest('hex')}`
  const packed = stored ?? { digest: diffId, size: plainSize }
  return { diffId, ...packed }
}

/**
 * Large files that are known to be what they were when their sha256 was taken: they need not be hashed again while they
 * pass, only looked at again afterwards.
 */
async function unchangedFiles(segments: readonly Segment[], hashCache: HashCache): Promise<Set<string>> {
  const found = new Set<string>()
  for (const segment of segments) {
    if (segment.kind !== 'file' || segment.size < largeBytes) continue
    if (hashCache.known(segment.path)?.sha256 === segment.sha256) found.add(segment.path)
  }
  return found
}

async function* observed(
  chunks: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onChunk(chunk)
    yield chunk
  }
}

async function drained(chunks: AsyncIterable<Uint8Array>): Promise<undefined> {
  for await (const _ of chunks);
}

/** Compresses into the cache. One that cannot be written is no failure: then the layer is made again when it is read. */
export async function kept(
  plain: AsyncIterable<Uint8Array>,
  { compression, blobPath }: Pick<PackOptions, 'compression' | 'blobPath'>,
): Promise<Omit<Packed, 'diffId'>> {
  const temporary = `${blobPath('sha256:packing')}-${randomUUID()}`
  const hash = createHash('sha256')
  let size = 0
  let file = await openNew(temporary)
  try {
    for await (const chunk of compressed(plain, compression)) {
      hash.update(chunk)
      size += chunk.length
      const written = await file?.writeFile(chunk).catch(() => 'failed')
      if (written === 'failed') file = await closed(file)
    }
    const digest = `sha256:${hash.digest('hex')}`
    if (file) await rename(temporary, blobPath(digest)).catch(() => {})
    return { digest, size }
  } finally {
    await closed(file)
    await rm(temporary, { force: true }).catch(() => {})
  }
}

async function openNew(path: string): Promise<FileHandle | undefined> {
  try {
    await mkdir(dirname(path), { recursive: true })
    return await open(path, 'wx')
  } catch {
    return undefined
  }
}

async function closed(file: FileHandle | undefined): Promise<undefined> {
  await file?.close()
}

function changed(path: string): FlambeError {
  return new FlambeError('SOURCE_INVALID', `${path} changed while it was packed`, {
    hint: 'wait until whatever writes it is done, and build again',
  })
}
