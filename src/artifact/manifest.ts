import type { ComponentConfig, Json, JsonSchema } from '../construct/index.ts'

/** Name of the file that makes a directory an artifact. It is written last: without it there is no artifact. */
export const manifestName = 'flambe.json'

/** The format that this version writes; it reads this and every earlier one. */
export const manifestFormat = 1

/** One file of the artifact. `path` is relative, with `/`, in Unicode NFC as on disk, and never leaves the artifact. */
export type FileEntry = {
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Lower-case hex. */
  readonly sha256: string
  readonly executable?: true
}

/** What is known of a class: enough to describe it, and to check arguments and inputs, without running it. */
export type ClassEntry = {
  readonly version: string
  readonly description?: string
  readonly parameters?: JsonSchema
  readonly factories?: { readonly [name: string]: JsonSchema }
  readonly predict?: PredictEntry
  /** sha256 of the class's source text: says that an unversioned class has changed. */
  readonly source: string
}

export type PredictEntry = {
  readonly description?: string
  readonly input: JsonSchema
  readonly output: JsonSchema
  /** True for an async generator: `output` is then the schema of one item. */
  readonly stream?: true
}

/** A component inside the artifact, by the path of attributes that leads to it (`''` is the root, `model/leaf`, `extras/1`). */
export type NodeEntry = {
  readonly type: string
  readonly version: string
  /** Set when this path leads to an instance that another path (the first) owns. */
  readonly same?: string
  /** The node's own config; absent for a component that user code made without one. */
  readonly config?: ComponentConfig
  /** Paths of its state files: tensors, and the rest as JSON. */
  readonly tensors?: string
  readonly values?: string
}

/** Compiled code of one extension. */
export type CodeEntry = {
  /** The ES module to import, relative to the artifact: `code/ext/index.js`. */
  readonly entry: string
  /** The ES module of the checks of its classes' inputs: those that the classes' schemas would give, compiled already. */
  readonly validators?: string
  /** The location as the spec declares it: never a path of the machine beyond that. */
  readonly location: string
  /** What a package or repository location resolved to: a version or a commit. */
  readonly resolved?: string
}

/** A package of which files travel in the artifact. */
export type DependencyEntry = {
  readonly name: string
  readonly version: string
  /** As the lock file says, where there is one. */
  readonly integrity?: string
  readonly license?: string
}

/** The platform that native files in the artifact are made for, in the words of Node and of OCI. */
export type Platform = { readonly os: string; readonly arch: string; readonly libc?: 'glibc' | 'musl' }

/** The content of `flambe.json`. */
export type Manifest = {
  readonly format: number
  /** Version of flambe that wrote it. */
  readonly flambe: string
  readonly name: string
  /** How the object was made; absent for one that plain code made with `new`: of that only the state can be loaded. */
  readonly root?: ComponentConfig
  readonly nodes: { readonly [path: string]: NodeEntry }
  readonly classes: { readonly [type: string]: ClassEntry }
  readonly code: { readonly [namespace: string]: CodeEntry }
  readonly dependencies: readonly DependencyEntry[]
  /** Settings of the server, as the spec gives them. */
  readonly serve?: { readonly [setting: string]: Json }
  /** Present when native files are. */
  readonly platform?: Platform
  /** Every file but the manifest itself, sorted by path. */
  readonly files: readonly FileEntry[]
}
