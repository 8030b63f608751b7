import type { Json } from './json-schema.ts'

/**
 * How a component was made, as plain JSON: what the manifest keeps, and what `construct` builds from. The
 * keys with a `$` are ours; a user's own key that starts with `$` is written with one `$` more.
 */
export type Config =
  | null
  | boolean
  | number
  | string
  | readonly Config[]
  | { readonly [key: string]: Config }
  | ComponentConfig
  | RefConfig
  | LinkConfig
  | FileConfig
  | ValueConfig

/** A component: the class that `$type` names (`ext.ClassifierEngine`), made by its constructor or by `$factory`. */
export type ComponentConfig = {
  readonly $type: string
  readonly $factory?: string
  /** Set where another place refers to this instance. */
  readonly $id?: string
  readonly args: { readonly [name: string]: Config }
}

/** The very instance that has `$id` elsewhere in the config (a YAML anchor). */
export type RefConfig = { readonly $ref: string }

/** A value of another part of the object, resolved while it is built: `model[leaf].size`. */
export type LinkConfig = { readonly $link: string }

/** A file asset: the constructor gets its absolute path. In a manifest, relative to the artifact's directory. */
export type FileConfig = { readonly $file: string }

/** A number that JSON cannot hold: `NaN`, `Infinity`, `-Infinity`, or a bigint in decimal. */
export type ValueConfig = { readonly $value: 'number' | 'bigint'; readonly text: string }

export type ConfigJson = Json
