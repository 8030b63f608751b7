export { Component, type DeclaredSchema, type PredictContext, type State } from './component.ts'
export type {
  ComponentConfig,
  Config,
  FileConfig,
  LinkConfig,
  RefConfig,
  ValueConfig,
} from './config.ts'
export type { Json, JsonSchema } from './json-schema.ts'
