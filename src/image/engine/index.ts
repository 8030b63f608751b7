export type { Engine } from './engine.ts'
export { type FindOptions, type FoundEngine, findEngine, openEngine } from './find.ts'
export { type LoadOptions, loadIntoEngine } from './load.ts'
