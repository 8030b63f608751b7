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

/** What went into a layer, and the digest of the tar that came of it: most layers are those of last time, which the digest alone tells. */
type Contents = { readonly entries: readonly LayerEntry[]; readonly diffId: string }

/** Which files of a layer are others than last time; undefined if none, or if there was no last time. */
export async function changedFiles(
  { entries, diffId }: Contents,
  place: Place,
): Promise<ChangedFiles | undefined> {
  const text = await readText(place)
  if (text.startsWith(startOf(diffId))) return undefined
  const [before, now] = [parseHistory(text), contentsOf(entries)]
  if (!before) return undefined
  const added = [...now.keys()].filter((path) => !before.has(path))
  const removed = [...before.keys()].filter((path) => !now.has(path))
  const changed = [...now].filter(([path, content]) => before.has(path) && before.get(path) !== content)
  if (added.length + removed.length + changed.length === 0) return undefined
  return { added, removed, changed: changed.map(([path]) => path) }
}

/** Remembers the files of a layer for the next time. */
export async function rememberFiles({ entries, diffId }: Contents, place: Place): Promise<void> {
  if ((await readText(place)).startsWith(startOf(diffId))) return
  await writeCached(historyFile(place), JSON.stringify({ diffId, files: [...contentsOf(entries)] }))
}

/** How the text of a history begins that is of this tar. */
const startOf = (diffId: string) => JSON.stringify({ diffId }).slice(0, -1)

function contentsOf(entries: readonly LayerEntry[]): ReadonlyMap<string, string> {
  return new Map(entries.map((entry) => [entry.path, contentOf(entry)]))
}

function contentOf(entry: LayerEntry): string {
  if (entry.kind === 'directory') return ''
  if (entry.kind === 'symlink') return entry.target
  return `${entry.mode.toString(8)} ${entry.sha256 ?? entry.size}`
}

async function readText(place: Place): Promise<string> {
  return await readFile(historyFile(place), 'utf8').catch(() => '')
}

function parseHistory(text: string): ReadonlyMap<string, string> | undefined {
  try {
    const { files } = JSON.parse(text) as { readonly files?: unknown }
    return Array.isArray(files)
      ? new Map(files.filter((pair): pair is [string, string] => Array.isArray(pair)))
      : undefined
  } catch {
    return undefined
  }
}

function historyFile({ cacheDirectory, key }: Place): string {
  return join(cacheDirectory, 'images', `${sha256(key).slice(0, 40)}.json`)
}
