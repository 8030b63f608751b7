import { inParallel, sizeOf } from '../../files/index.ts'
import { type CacheKind, cacheEntries, presentKinds } from './cache-kinds.ts'

/** What the cache holds of one kind. */
export type CacheUsage = Pick<CacheKind, 'name' | 'holds'> & {
  readonly entries: number
  readonly bytes: number
}

/** How much the cache holds, by kind. A missing cache is empty. */
export async function listCache(directory: string): Promise<CacheUsage[]> {
  const usage: CacheUsage[] = []
  for (const kind of await presentKinds(directory)) {
    const paths = await cacheEntries(directory, kind)
    let bytes = 0
    await inParallel(paths, 16, async (path) => {
      bytes += await sizeOf(path)
    })
    usage.push({ name: kind.name, holds: kind.holds, entries: paths.length, bytes })
  }
  return usage
}
