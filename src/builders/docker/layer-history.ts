import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256, writeCached } from '../../files/index.ts'
import type { LayerEntry } from '../../image/index.ts'

/** Files by what happened to them since the last image of this name. */
export type ChangedFiles = {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

type Place = { readonly cacheDirectory: string; readonly key: string }

/** Which files of a layer are others than last time; undefined if none, or if there was no last time. */
export async function changedFiles(
  entries: readonly LayerEntry[],
  place: Place,
): Promise<ChangedFiles | undefined> {
  const [before, now] = [await readHistory(place), contentsOf(entries)]
  if (!before) return undefined
  const added = [...now.keys()].filter((path) => !before.has(path))
  const removed = [...before.keys()].filter((path) => !now.has(path))
  const changed = [...now].filter(([path, content]) => before.has(path) && before.get(path) !== content)
  if (added.length + removed.length + changed.length === 0) return undefined
  return { added, removed, changed: changed.map(([path]) => path) }
}

/** Remembers the files of a layer for the next time. */
export async function rememberFiles(entries: readonly LayerEntry[], place: Place): Promise<void> {
  const text = JSON.stringify([...contentsOf(entries)])
  const file = historyFile(place)
  if ((await readFile(file, 'utf8').catch(() => '')) === text) return
  await writeCached(file, text)
}

function contentsOf(entries: readonly LayerEntry[]): ReadonlyMap<string, string> {
  return new Map(entries.map((entry) => [entry.path, contentOf(entry)]))
}

function contentOf(entry: LayerEntry): string {
  if (entry.kind === 'directory') return ''
  if (entry.kind === 'symlink') return entry.target
  return `${entry.mode.toString(8)} ${entry.sha256 ?? entry.size}`
}

async function readHistory(place: Place): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const pairs: unknown = JSON.parse(await readFile(historyFile(place), 'utf8'))
    return Array.isArray(pairs)
      ? new Map(pairs.filter((pair): pair is [string, string] => Array.isArray(pair)))
      : undefined
  } catch {
    return undefined
  }
}

function historyFile({ cacheDirectory, key }: Place): string {
  return join(cacheDirectory, 'images', `${sha256(key).slice(0, 40)}.json`)
}
