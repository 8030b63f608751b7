import { lstat, rm } from 'node:fs/promises'
import { sizeOf } from '../../files/index.ts'
import { cacheEntries, presentKinds } from './cache-kinds.ts'

export type PruneOptions = {
  /** Milliseconds without use after which a thing goes; 0 takes all. */
  readonly unusedFor: number
  readonly now?: () => number
}

/** What went. */
export type Pruned = { readonly entries: number; readonly bytes: number }

/** Removes what was not used for some time. What another process reads just now stays whole for it, and is made again by the next one. */
export async function pruneCache(
  directory: string,
  { unusedFor, now = Date.now }: PruneOptions,
): Promise<Pruned> {
  const pruned = { entries: 0, bytes: 0 }
  for (const kind of await presentKinds(directory)) {
    for (const path of await cacheEntries(directory, kind)) {
      const stats = await lstat(path).catch(() => undefined)
      // Systems that write no access times leave the time of the last change.
      if (!stats || now() - Math.max(stats.atimeMs, stats.mtimeMs) < unusedFor) continue
      pruned.bytes += await sizeOf(path)
      pruned.entries++
      await rm(path, { recursive: true, force: true })
    }
  }
  return pruned
}
