import { type BytesType, bytesTypeOf, dereference, type JsonSchema } from '../../construct/index.ts'

/** What a property of the input takes from the parts of its name; `many`: the parts are the items of a list. */
export type PartKind = { readonly kind: 'text' | 'json' | BytesType; readonly many: boolean }

/** How an input with bytes beside JSON is read from the parts of a form. */
export type FormSchema = {
  readonly kinds: ReadonlyMap<string, PartKind>
  /** The schema of the input without what it says of bytes: those do not come as base64 here. */
  readonly schema: JsonSchema
}

type ObjectSchema = Extract<JsonSchema, object>

/** `undefined` for an input that holds no bytes: that one is sent as JSON. */
export function formSchema(schema: JsonSchema): FormSchema | undefined {
  const top = typeof schema === 'object' ? resolved(schema, schema) : undefined
  if (typeof top !== 'object' || typeof schema !== 'object') return undefined
  const properties = Object.entries((top['properties'] ?? {}) as Record<string, JsonSchema>)
  const kinds = new Map(properties.map(([name, property]) => [name, kindOf(property, schema)]))
  if (![...kinds.values()].some(({ kind }) => kind !== 'text' && kind !== 'json')) return undefined
  const open = properties.map(([name, property]) => {
    const { kind, many } = kinds.get(name) ?? { kind: 'json', many: false }
    if (kind === 'text' || kind === 'json') return [name, property] as const
    return [name, many ? { ...(resolved(property, schema) as ObjectSchema), items: true } : true] as const
  })
  return {
    kinds,
    schema: { ...schema, ...top, properties: Object.fromEntries(open), $ref: undefined } as never,
  }
}

function kindOf(property: JsonSchema, root: ObjectSchema): PartKind {
  const bytes = bytesTypeOf(property, root)
  if (bytes) return { kind: bytes, many: false }
  const { type, items } = resolved(property, root) as ObjectSchema
  const item = type === 'array' && items !== undefined ? kindOf(items as JsonSchema, root) : undefined
  if (item && item.kind !== 'json') return { ...item, many: true }
  return { kind: type === 'string' ? 'text' : 'json', many: false }
}

function resolved(schema: JsonSchema, root: ObjectSchema): JsonSchema {
  if (typeof schema !== 'object') return {}
  return typeof schema['$ref'] === 'string' ? (dereference(schema['$ref'], root) ?? {}) : schema
}
