export type { Extension } from './extension.ts'
export type { Declaration } from './locate.ts'
export { type OpenExtensionsOptions, openExtensions } from './open.ts'
