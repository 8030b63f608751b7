import type { Constructible, JsonSchema } from '../construct/index.ts'

/** What a tag stands for. */
export type Definition = {
  /** The tag without `!` and factory: `Builder`, `ext.ClassifierEngine`. */
  readonly type: string
  readonly kind: 'component' | 'runnable'
  readonly class: Constructible
  /** Static method that makes the object, by its real name. */
  readonly factory?: string
  /** Schema of the arguments; absent for a class without types, which takes anything. */
  readonly parameters?: JsonSchema
}

/** A class that needs no extension. */
export type Builtin = {
  readonly class: abstract new (args: never) => object
  readonly parameters: JsonSchema
}
