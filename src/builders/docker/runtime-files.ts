import { readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { FlambeError } from '../../errors.ts'
import { codeOf, type HashCache } from '../../files/index.ts'
import type { RuntimeFile } from '../../image/index.ts'

/** The files of the runtime that runs in an image. */
export async function runtimeFiles(directory: string, hashCache: HashCache): Promise<readonly RuntimeFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((cause) => {
    if (codeOf(cause) !== 'ENOENT') throw cause
    throw new FlambeError('BUG', `the runtime is not at ${directory}`, {
      cause,
      hint: 'npm run build makes it',
    })
  })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(
    paths.map(async (path): Promise<RuntimeFile> => {
      const { sha256 } = await hashCache.hash(path)
      const { size } = await stat(path)
      const source = { kind: 'file', path } as const
      return { path: relative(directory, path).split(sep).join('/'), size, sha256, source }
    }),
  )
}
