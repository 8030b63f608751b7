export { type Check, checkSource, type Extent } from './ajv.ts'
export {
  type Constructible,
  componentBrand,
  extendsComponent,
  isComponent,
  isComponentClass,
  isPlainClass,
  isRegistration,
  isRunnableClass,
  type Registration,
  registrationBrand,
  runnableBrand,
} from './brand.ts'
export type { ComponentConfig, Config, FileConfig, LinkConfig, RefConfig, ValueConfig } from './config.ts'
export { configOfArguments } from './config-of.ts'
export {
  type ConstructOptions,
  construct,
  type FactoryContext,
  type LoadSaved,
  type ParametersOf,
} from './construct.ts'
export { decodeState } from './decode-state.ts'
export { type EncodedState, encodeState } from './encode-state.ts'
export type { Json, JsonSchema } from './json-schema.ts'
export {
  escapeKey,
  isComponentConfig,
  isFileConfig,
  isLinkConfig,
  isMapping,
  isRefConfig,
  isValueConfig,
  unescapeKey,
} from './kinds.ts'
export { closeAll, setupAll } from './lifecycle.ts'
export { type Link, parseLink } from './link.ts'
export { type Making, makingOf, rememberMaking } from './made.ts'
export { type ComponentNode, nodeAt, nodesOf } from './nodes.ts'
export type { ComponentClass, ComponentObject, DeclaredSchema, PredictContext, State } from './object.ts'
export { readSafetensors, readSafetensorsFile } from './read-safetensors.ts'
export { reviver } from './revive.ts'
export { readSafetensorsHeader, type SafetensorsHeader, type TensorInfo } from './safetensors-header.ts'
export {
  readState,
  registeredState,
  registerState,
  restoreRegistered,
  restoreState,
  stateNames,
} from './state.ts'
export { type BytesType, bytesTypeOf, dereference, toBytesType } from './subschema.ts'
export type { BitsDtype, Tensor, TensorData } from './tensor.ts'
export { toFloat32 } from './to-float32.ts'
export { compileValidator, type Validate, type Violation, validatorOf } from './validate.ts'
export { type Comparison, compareVersions, isVersion, type Versioned } from './version.ts'
export { writeSafetensors } from './write-safetensors.ts'
