export type {
  ComponentConfig,
  Config,
  FileConfig,
  LinkConfig,
  RefConfig,
  ValueConfig,
} from './config.ts'
export type { Json, JsonSchema } from './json-schema.ts'
export type { ComponentClass, ComponentObject, DeclaredSchema, PredictContext, State } from './object.ts'
