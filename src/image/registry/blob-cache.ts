import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FlambeError } from '../../errors.ts'
import type { Descriptor } from '../image.ts'
import { altered, type BlobPlace, streamBlob } from './blob-stream.ts'
import { isAlive } from './upload-session.ts'

type Named = Pick<Descriptor, 'digest' | 'size'>

export type FetchOptions = {
  readonly signal?: AbortSignal | undefined
  /** Counts bytes as they come; those of an earlier try come at once. */
  readonly onBytes?: (count: number) => void
}

/** Bytes read at once from a cached blob: what a push sends at once. */
const chunkBytes = 2 ** 20

/** A small blob from the cache, if it is there and what its digest says. */
export async function readCached(path: string, digest: string): Promise<Buffer | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  return bytes && digestOf(bytes) === digest ? bytes : undefined
}

/** Keeps a small blob. A cache that cannot be written is no failure. */
export async function writeCached(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(temporary, bytes)
    await rename(temporary, path)
  } catch {
    await rm(temporary, { force: true }).catch(() => {})
  }
}

/** Whether `path` holds a blob of that size: its digest was right when it got there. */
export async function isCached(path: string, { size }: Named): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.size === size
}

/** The bytes of a cached blob. Damage that the disk did is found before the last bytes are out, and the file removed. */
export async function* readBlob(
  path: string,
  { digest, size }: Named,
  { start = 0, signal }: { start?: number; signal?: AbortSignal } = {},
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let offset = start
  const stream = createReadStream(path, { start, highWaterMark: chunkBytes, ...(signal && { signal }) })
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    offset += chunk.length
    if (start === 0) hash.update(chunk)
    if (start === 0 && offset === size && `sha256:${hash.digest('hex')}` !== digest) {
      await rm(path, { force: true })
      throw new FlambeError('UNAVAILABLE', `the cached blob ${path} is damaged; it was removed`, {
        hint: 'run the command again to download it',
      })
    }
    yield chunk
  }
}

/**
 * Downloads a blob to `path`, which exists only when every byte is right. A download that broke off is taken up by the next one, also of another
 * process, unless the process that began it still runs.
 */
export async function fetchBlob(
  from: BlobPlace & { readonly blob: Named },
  path: string,
  options: FetchOptions = {},
): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    const partial = `${path}.${process.pid}.${randomUUID()}.partial`
    await claim(path, partial)
    const file = await open(partial, 'a+')
    try {
      await download(from, file, options)
      await rename(partial, path)
    } catch (error) {
      await rename(partial, `${path}.0.free.partial`).catch(() => {})
      throw error
    } finally {
      await file.close()
    }
  } catch (error) {
    const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC'
    throw isFull ? new FlambeError('DISK_FULL', `no space is left for ${path}`, { cause: error }) : error
  }
}

async function download(
  { registry, repository, blob }: BlobPlace & { readonly blob: Named },
  file: FileHandle,
  { signal, onBytes = () => {} }: FetchOptions,
): Promise<void> {
  const hash = createHash('sha256')
  let offset = 0
  const count = (chunk: Uint8Array) => {
    hash.update(chunk)
    offset += chunk.length
    onBytes(chunk.length)
  }
  const earlier = file.createReadStream({ start: 0, autoClose: false, highWaterMark: chunkBytes })
  for await (const chunk of earlier as AsyncIterable<Uint8Array>) count(chunk)
  for await (const chunk of streamBlob({ registry, repository }, blob, { start: offset, signal })) {
    await file.appendFile(chunk)
    count(chunk)
  }
  const found = `sha256:${hash.digest('hex')}`
  if (found === blob.digest) return
  await file.truncate(0)
  throw altered(registry, blob.digest, `is ${found}`)
}

/** Takes over what an earlier download left, if nobody works on it. */
async function claim(path: string, partial: string): Promise<void> {
  const prefix = `${basename(path)}.`
  const names = await readdir(dirname(path))
  for (const name of names) {
    if (!name.startsWith(prefix) || !name.endsWith('.partial')) continue
    const pid = Number(name.slice(prefix.length).split('.')[0])
    if (pid > 0 && isAlive(pid)) continue
    const isMine = await rename(join(dirname(path), name), partial).then(
      () => true,
      () => false,
    )
    if (isMine) return
  }
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
