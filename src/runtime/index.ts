export { type Answerer, type AnswererOptions, answerQuestion, createAnswerer } from './answer/index.ts'
export {
  type BackendOptions,
  createInlineBackend,
  createPoolBackend,
  type PoolOptions,
} from './backend/index.ts'
export { containerDirectory } from './container.ts'
export { ServeFailure } from './exchange.ts'
export { flagOf, resolveSettings, type SettingSources, serveSchema, variablesOf } from './resolve-settings.ts'
export { type LogLevel, type ServeSettings, type Setting, settings } from './settings.ts'
