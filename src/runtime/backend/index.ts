export type { BackendOptions } from './gate.ts'
export { createInlineBackend } from './inline.ts'
export { createPoolBackend, type PoolOptions } from './pool.ts'
