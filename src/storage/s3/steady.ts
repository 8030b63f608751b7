import { stat } from 'node:fs/promises'
import type { FileSource } from '../../artifact/index.ts'
import { inParallel } from '../../files/index.ts'

type Sources = ReadonlyMap<string, { readonly source: FileSource }>

/**
 * Watches the files that an artifact is sent from: what it gives tells which were written to since. They are
 * read twice, for their digests and to be sent, and an object under a digest must be of that digest.
 */
export async function watchSources(files: Sources): Promise<() => Promise<ReadonlySet<string>>> {
  const paths = [...files.values()].flatMap(({ source }) => (source.kind === 'file' ? [source.path] : []))
  const before = await signatures(paths)
  return async () => {
    const after = await signatures(paths)
    return new Set(paths.filter((path) => before.get(path) !== after.get(path)))
  }
}

async function signatures(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  await inParallel(paths, 16, async (path) => {
    const stats = await stat(path, { bigint: true }).catch(() => undefined)
    found.set(path, stats ? `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs}` : 'gone')
  })
  return found
}
