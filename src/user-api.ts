/*
 * What `import 'flambe'` means in the code of an artifact: all of the public API that needs nothing of a build,
 * so that bringing an object back loads no YAML parser and no compiler.
 */

export { type LoadOptions, type SaveOptions, save } from './artifact/index.ts'
export { Builder, DockerBuilder, formatProblem, parseSpec } from './build-only.ts'
export {
  type Blueprint,
  Component,
  Module,
  type RunContext,
  Runnable,
  type RunResult,
  register,
  type Secrets,
} from './component/index.ts'
export {
  type BitsDtype,
  type ComponentConfig,
  type Config,
  type DeclaredSchema,
  type Json,
  type JsonSchema,
  type PredictContext,
  readSafetensors,
  readSafetensorsFile,
  type State,
  type Tensor,
  type TensorData,
  toFloat32,
  writeSafetensors,
} from './construct/index.ts'
export { type ErrorCode, FlambeError, type Position, type Problem } from './errors.ts'
export type { Progress, ProgressEvent } from './progress.ts'
export { load } from './storage/index.ts'
