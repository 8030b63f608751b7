export { createBackend } from './create-backend.ts'
export type { PoolOptions as BackendOptions } from './pool.ts'
