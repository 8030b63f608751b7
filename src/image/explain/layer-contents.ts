import type { LayerEntry } from '../plan/image-plan.ts'
import { cachePaths, readJson, writeJson } from '../registry/cache.ts'

/** What a layer holds: for each path, what tells its entry from another. */
export type LayerContents = ReadonlyMap<string, string>

/** Keeps what a layer holds, so that a later run can say what changed in it. Folders say nothing. */
export async function keepContents(
  cacheDirectory: string,
  digest: string,
  entries: readonly LayerEntry[],
): Promise<void> {
  const lines = entries.flatMap((entry) => {
    if (entry.kind === 'directory') return []
    const content = entry.kind === 'file' ? entry.sha256 : `-> ${entry.target}`
    return [[entry.path, `${content} ${entry.mode.toString(8)} ${entry.uid}:${entry.gid}`]]
  })
  await writeJson(cachePaths(cacheDirectory).contents(digest), Object.fromEntries(lines))
}

/** Undefined for a layer that was not made here, or whose record is gone. */
export async function readContents(
  cacheDirectory: string,
  digest: string,
): Promise<LayerContents | undefined> {
  const value = await readJson(cachePaths(cacheDirectory).contents(digest))
  if (typeof value !== 'object' || value === null) return undefined
  return new Map(
    Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
}
