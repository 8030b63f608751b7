import { FlambeError } from '../../errors.ts'
import type { LayerEntry } from '../plan/image-plan.ts'

/**
 * The entries as they stand in the tar: checked, with all parent folders, sorted by the bytes of their paths.
 * @throws FlambeError `SOURCE_INVALID` for a path that an image cannot hold, `TypeError` for one that is there twice.
 */
export function tarEntries(entries: readonly LayerEntry[]): readonly LayerEntry[] {
  const all = new Map<string, LayerEntry>()
  for (const entry of entries) {
    checkPath(entry)
    if (all.has(entry.path)) throw new TypeError(`${entry.path} is in the layer twice`)
    all.set(entry.path, entry)
  }
  for (const { path } of entries) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const parent = path.slice(0, at)
      if (all.has(parent)) break
      // The same in each layer and image: a folder that differs would undo the sharing of layers.
      all.set(parent, { path: parent, kind: 'directory', mode: 0o755, uid: 0, gid: 0 })
    }
  }
  const named = [...all.values()].map((entry) => ({ entry, bytes: Buffer.from(entry.path) }))
  return named.sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ entry }) => entry)
}

function checkPath({ path }: LayerEntry): void {
  const parts = path.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new TypeError(`${JSON.stringify(path)} is no path in an image`)
  }
  // Line ends are odd, but harmless; others break terminals and tools.
  if (/[\\\p{Cc}]/u.test(path.replaceAll(/[\n\t]/g, ''))) {
    throw refused(path, 'it has a backslash or a control character', 'rename the file')
  }
  const whiteout = parts.find((part) => part.startsWith('.wh.'))
  if (whiteout !== undefined) {
    const hint = `rename it: in an image "${whiteout}" would delete "${whiteout.slice(4)}"`
    throw refused(path, 'names that start with ".wh." mark deleted files in images', hint)
  }
}

function refused(path: string, why: string, hint: string): FlambeError {
  return new FlambeError('SOURCE_INVALID', `${JSON.stringify(path)} cannot be in an image: ${why}`, { hint })
}
