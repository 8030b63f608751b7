/** A JSON Schema of the API's description; `true` and `{}` let anything through. */
export type Schema = { readonly [keyword: string]: unknown }

/** Follows `$ref`s into the whole document. */
export type Resolve = (schema: unknown) => Schema

export function resolver(root: unknown): Resolve {
  const resolve = (schema: unknown, left = 32): Schema => {
    if (!isRecord(schema)) return {}
    const { $ref, ...rest } = schema
    if (typeof $ref !== 'string' || left === 0) return schema
    const keys = $ref.replace(/^#\/?/, '').split('/').filter(Boolean).map(unescaped)
    const target = keys.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), root)
    return { ...resolve(target, left - 1), ...rest }
  }
  return resolve
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The schemas of a mapping of schemas, in order. */
export function properties(schema: Schema): readonly (readonly [string, unknown])[] {
  return isRecord(schema['properties']) ? Object.entries(schema['properties']) : []
}

export function choices(schema: Schema): readonly unknown[] {
  return list(schema['anyOf'] ?? schema['oneOf'])
}

export function isBytes(schema: Schema): boolean {
  return /^(Uint8Array|Buffer|ArrayBuffer)$/.test(String(schema['x-flambe-type']))
}

export function isNumber({ type }: Schema): boolean {
  return type === 'number' || type === 'integer'
}

/** JSON Pointer -> its keys: https://www.rfc-editor.org/rfc/rfc6901 */
export function keysOf(pointer: string): readonly string[] {
  return pointer.split('/').slice(1).map(unescaped)
}

function unescaped(key: string): string {
  return decodeURIComponent(key.replace(/%(?![0-9a-f]{2})/gi, '%25'))
    .replaceAll('~1', '/')
    .replaceAll('~0', '~')
}
