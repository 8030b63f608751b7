import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sizeOf } from '../../files/index.ts'
import { cacheEntries, isFinished, isServed, presentKinds } from './cache-kinds.ts'
import { takeAway } from './take-away.ts'

export type PruneOptions = {
  /** Milliseconds without use after which a thing goes; 0 takes all that is finished. */
  readonly unusedFor: number
  readonly now?: () => number
}

/** What went. */
export type Pruned = { readonly entries: number; readonly bytes: number }

/** Milliseconds for which nobody writes to a thing that is still being made. */
const longestPause = 3600_000

/**
 * Removes what was not used for some time; what is being made, or served from, stays. An open file stays whole for who reads it. A build that is about
 * to read what goes may fail, and is made by the next one.
 */
export async function pruneCache(
  directory: string,
  { unusedFor, now = Date.now }: PruneOptions,
): Promise<Pruned> {
  const pruned = { entries: 0, bytes: 0 }
  for (const kind of await presentKinds(directory)) {
    for (const path of await cacheEntries(directory, kind)) {
      const looked = await lstat(path).catch(() => undefined)
      if (!looked || isServed(kind, path)) continue
      const least = (await isFinished(kind, path)) ? unusedFor : Math.max(unusedFor, longestPause)
      // Files keep parts of a millisecond: one of just now may lie ahead of the clock.
      if (least > 0 && now() - (await lastUse(path)) < least) continue
      const bytes = await sizeOf(path)
      if (!(await takeAway(path, looked))) continue
      pruned.bytes += bytes
      pruned.entries++
    }
  }
  return pruned
}

/** The time of the last use, in milliseconds. Of a folder that of a file in it: reading a file does not touch the folder, and listing does. */
async function lastUse(path: string): Promise<number> {
  const stats = await lstat(path).catch(() => undefined)
  if (!stats) return 0
  // Systems that write no access times leave the time of the last change.
  if (!stats.isDirectory()) return Math.max(stats.atimeMs, stats.mtimeMs)
  const names = await readdir(path).catch((): string[] => [])
  const uses = await Promise.all(names.map((name) => lastUse(join(path, name))))
  return uses.reduce((last, use) => Math.max(last, use), stats.mtimeMs)
}
