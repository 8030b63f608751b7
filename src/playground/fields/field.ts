import type { Resolve, Schema } from '../schema.ts'

/** One part of the form: a value of JSON, where files stand for bytes. */
export type Field = {
  readonly element: HTMLElement
  /** `undefined` for what is left out. */
  readonly read: () => unknown
  readonly write: (value: unknown) => void
  /** The element that holds the value at these keys, as far down as there is one. */
  readonly find: (keys: readonly string[]) => HTMLElement
}

export type FieldOptions = {
  /** `''` for what needs no label: the whole input. */
  readonly label: string
  readonly isRequired: boolean
  readonly resolve: Resolve
  /** The field that suits a schema: for what is inside. */
  readonly make: (schema: unknown, options: FieldOptions) => Field
  /** How deep in the input: far down, a schema that holds itself becomes text. */
  readonly depth: number
}

export type MakeField = (schema: Schema, options: FieldOptions) => Field
