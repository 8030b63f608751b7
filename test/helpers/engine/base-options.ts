import { HashCache } from '../../../src/files/index.ts'
import type { BaseOptions } from '../../../src/image/index.ts'
import { folder } from '../folder.ts'

/** What a base is opened with, and a cache of its own. */
export const baseOptions = (more: Partial<BaseOptions> = {}): BaseOptions => ({
  cacheDirectory: folder(),
  hashCache: HashCache.none(),
  directory: '/',
  env: process.env,
  ...more,
})

/** The cache of the whole run, where the base "host" is or will be. */
export function sharedCache(): { readonly cacheDirectory: string } {
  const { FLAMBE_CACHE_DIR } = process.env
  if (!FLAMBE_CACHE_DIR) throw new Error('no cache for the run: global-setup.ts makes one')
  return { cacheDirectory: FLAMBE_CACHE_DIR }
}
