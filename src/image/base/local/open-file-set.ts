import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { FlambeError } from '../../../errors.ts'
import { codeOf } from '../../../files/index.ts'
import type { FileSet } from './file-set.ts'
import { indexTar } from './tar-index.ts'

const chunkBytes = 2 ** 20

/** The files of a folder or a tar. Throws `IMAGE_INVALID` for what is neither. */
export async function openFileSet(path: string): Promise<FileSet> {
  const stats = await stat(path).catch((cause) => {
    const why = codeOf(cause) === 'ENOENT' ? 'is not there' : 'cannot be read'
    throw new FlambeError('IMAGE_INVALID', `${path} ${why}`, { cause })
  })
  if (stats.isDirectory()) return folderFiles(path)
  if (stats.isFile()) return tarFiles(path)
  throw new FlambeError('IMAGE_INVALID', `${path} is neither a folder nor a file`)
}

function folderFiles(root: string): FileSet {
  const full = (path: string) => join(root, normalize(`/${path}`))
  return {
    name: root,
    async size(path) {
      const stats = await stat(full(path)).catch(() => undefined)
      return stats?.isFile() ? stats.size : undefined
    },
    open: (path, options = {}) => read(full(path), { start: 0, ...options }),
  }
}

async function tarFiles(path: string): Promise<FileSet> {
  const index = await indexTar(path)
  const place = (name: string) => index.get(normalize(name))
  return {
    name: path,
    size: async (name) => place(name)?.size,
    async *open(name, { start = 0, ...options } = {}) {
      const found = place(name)
      if (!found || start >= found.size) return
      yield* read(path, { start: found.start + start, end: found.start + found.size, ...options })
    },
  }
}

type Range = { readonly start: number; readonly end?: number; readonly signal?: AbortSignal }

function read(path: string, { start, end, signal }: Range): AsyncIterable<Uint8Array> {
  return createReadStream(path, {
    start,
    highWaterMark: chunkBytes,
    ...(end !== undefined && { end: end - 1 }),
    ...(signal && { signal }),
  })
}
