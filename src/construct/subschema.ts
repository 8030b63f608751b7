import type { JsonSchema } from './json-schema.ts'

/** The types that stand for bytes, as `x-flambe-type` names them. */
export type BytesType = 'Uint8Array' | 'Buffer' | 'ArrayBuffer'

/** What a `$ref` into the same schema leads to. */
export function dereference(ref: string, root: JsonSchema): JsonSchema | undefined {
  const parts = ref.replace(/^#\/?/, '').split('/').filter(Boolean)
  const found = parts.reduce<unknown>((value, part) => {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  }, root)
  return found as JsonSchema | undefined
}

/** The type of bytes that a schema describes, itself or as one of its choices; `undefined` for all that is no bytes. */
export function bytesTypeOf(schema: JsonSchema | undefined, root: JsonSchema): BytesType | undefined {
  if (typeof schema !== 'object') return undefined
  const { $ref, anyOf, oneOf, 'x-flambe-type': type } = schema
  if (type === 'Uint8Array' || type === 'Buffer' || type === 'ArrayBuffer') return type
  if (typeof $ref === 'string') return bytesTypeOf(dereference($ref, root), root)
  const choices = anyOf ?? oneOf
  if (!Array.isArray(choices)) return undefined
  return choices.map((choice) => bytesTypeOf(choice as JsonSchema, root)).find((one) => one !== undefined)
}

/** Bytes as the type that a component declares. They are its own: never a piece of a buffer that others use. */
export function toBytesType(bytes: Uint8Array, type: BytesType): Uint8Array | ArrayBufferLike {
  const { buffer } = bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes)
  if (type === 'Buffer') return Buffer.from(buffer)
  return type === 'Uint8Array' ? new Uint8Array(buffer) : buffer
}
