import type { Position, Problem } from '../errors.ts'

/**
 * A spec, parsed: what the user wrote, as a read-only tree with positions. Aliases and merge keys are resolved:
 * an alias (`*x`) is the very node object that its anchor (`&x`) marks, so identity means "shared".
 */
export type Spec = {
  /** Path or name of the file, as the user gave it. */
  readonly file: string
  /** The user's exact text. */
  readonly text: string
  readonly extensions: readonly ExtensionDeclaration[]
  readonly root: TaggedNode
  /** Settings beside the Runnable's own, when the spec has them (`serve:`) live in the root's arguments. */
  readonly warnings: readonly Problem[]
}

/** One row of the extensions header: `name: location`. */
export type ExtensionDeclaration = {
  readonly name: string
  readonly location: string
  readonly position: Position
}

export type SpecNode = ScalarNode | SequenceNode | MappingNode | TaggedNode | LinkNode | FileNode

export type ScalarNode = {
  readonly kind: 'scalar'
  readonly value: null | boolean | number | string | bigint
  readonly position: Position
}

export type SequenceNode = {
  readonly kind: 'sequence'
  readonly items: readonly SpecNode[]
  readonly position: Position
}

export type MappingNode = {
  readonly kind: 'mapping'
  readonly entries: readonly SpecEntry[]
  readonly position: Position
}

export type SpecEntry = {
  readonly key: string
  readonly keyPosition: Position
  readonly value: SpecNode
}

/** `!Name`, `!ns.Name` or `!ns.Name.factory` with its arguments (none when the value is empty). */
export type TaggedNode = {
  readonly kind: 'tagged'
  /** The tag without `!`, split at its dots. Which part is what depends on the extensions. */
  readonly parts: readonly string[]
  readonly args: MappingNode
  /** Of the tag itself. */
  readonly position: Position
}

/** `!@ model[leaf].size`, unparsed. */
export type LinkNode = { readonly kind: 'link'; readonly text: string; readonly position: Position }

/** `!file ./weights.onnx`, as written: relative to the spec file. */
export type FileNode = { readonly kind: 'file'; readonly path: string; readonly position: Position }
