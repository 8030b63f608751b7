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
