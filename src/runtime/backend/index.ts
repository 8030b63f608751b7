export type { BackendOptions } from './gate.ts'
export { createInlineBackend } from './inline.ts'
