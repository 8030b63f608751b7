import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf, fileFailure, isOwned, nobody, ownerMark } from '../../files/index.ts'
import type { Descriptor } from '../image.ts'
import { altered, type BlobPlace, streamBlob } from './blob-stream.ts'

type Named = Pick<Descriptor, 'digest' | 'size'>

const diskCodes = ['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS']

/** Bytes read at once of what an earlier download left. */
const chunkBytes = 2 ** 20

export type FetchOptions = {
  readonly signal?: AbortSignal | undefined
  /** Counts bytes as they come; those of an earlier try come at once. */
  readonly onBytes?: (count: number) => void
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
    const partial = `${path}.${ownerMark()}.${randomUUID()}.partial`
    await claim(path, partial)
    const file = await open(partial, 'a+')
    try {
      await download(from, file, options)
      await rename(partial, path)
    } catch (error) {
      await rename(partial, `${path}.${nobody}.left.partial`).catch(() => {})
      throw error
    } finally {
      await file.close()
    }
  } catch (error) {
    throw diskCodes.includes(codeOf(error) ?? '') ? fileFailure(error, `cannot keep ${path}`) : error
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
    if (isOwned(name.slice(prefix.length).split('.')[0] ?? '')) continue
    const isMine = await rename(join(dirname(path), name), partial).then(
      () => true,
      () => false,
    )
    if (isMine) return
  }
}
