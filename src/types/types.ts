import type { JsonSchema } from '../construct/index.ts'

/** What the TypeScript (or JSDoc) types of one exported class say. */
export type ClassDescription = {
  /** The class's doc comment. */
  readonly description?: string
  /** Schema of the constructor's one object argument: an object schema with `properties` and `required`. */
  readonly parameters?: JsonSchema
  /** Schemas of static methods that take one object and return an instance: the factories of a spec. */
  readonly factories: { readonly [name: string]: JsonSchema }
  readonly predict?: PredictDescription
}

export type PredictDescription = {
  readonly description?: string
  readonly input: JsonSchema
  readonly output: JsonSchema
  /** True for an async generator: `output` is then the schema of one item. */
  readonly stream?: true
}

export type ModuleDescription = {
  /** By export name. Only classes are listed. */
  readonly classes: { readonly [exportName: string]: ClassDescription }
  /** What degraded to "any", in words, with file and line. */
  readonly notices: readonly string[]
}
