export { type CacheUsage, listCache } from './list-cache.ts'
export { type Pruned, type PruneOptions, pruneCache } from './prune-cache.ts'
export { type Verified, verifyCache } from './verify-cache.ts'
