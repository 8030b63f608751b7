import type { Json, JsonSchema } from './json-schema.ts'
import { dereference, toBytesType } from './subschema.ts'

type Revive = (value: unknown) => unknown

const arrays = {
  // Node 22 has none yet.
  ...('Float16Array' in globalThis && { Float16Array: globalThis.Float16Array }),
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
} as const

const same: Revive = (value) => value

/**
 * Turns checked JSON into what a type declares: typed arrays from lists, bytes from base64, a Date from its text.
 * Objects of classes that are in it already stay as they are.
 */
export function reviver(schema: JsonSchema): Revive {
  return reviverOf(schema, { root: schema, known: new Map() })
}

type Scope = { readonly root: JsonSchema; readonly known: Map<JsonSchema, Revive> }

function reviverOf(schema: JsonSchema | undefined, scope: Scope): Revive {
  if (schema === undefined || typeof schema === 'boolean') return same
  const known = scope.known.get(schema)
  if (known) return known
  // A recursive schema meets itself while its reviver is made: then this one stands for it.
  let made: Revive | undefined
  scope.known.set(schema, (value) => (made ?? same)(value))
  made = make(schema, scope)
  scope.known.set(schema, made)
  return made
}

function make(schema: { readonly [keyword: string]: Json }, scope: Scope): Revive {
  const { $ref, properties, items, additionalProperties, anyOf, oneOf } = schema
  const choices = anyOf ?? oneOf
  const type = schema['x-flambe-type']
  if (typeof type === 'string') return reviverOfType(type)
  if (typeof $ref === 'string') return reviverOf(dereference($ref, scope.root), scope)
  if (Array.isArray(choices)) return reviverOfChoice(choices as JsonSchema[], scope)
  if (items !== undefined) {
    const item = reviverOf(items as JsonSchema, scope)
    return item === same ? same : (value) => (Array.isArray(value) ? value.map(item) : value)
  }
  if (properties === undefined && additionalProperties === undefined) return same
  return reviverOfObject(
    (properties ?? {}) as Record<string, JsonSchema>,
    additionalProperties as JsonSchema,
    scope,
  )
}

function reviverOfType(type: string): Revive {
  if (type === 'Date') return (value) => (typeof value === 'string' ? new Date(value) : value)
  if (type === 'bigint') return (value) => (Number.isInteger(value) ? BigInt(value as number) : value)
  if (type === 'BigInt64Array')
    return (value) => (Array.isArray(value) ? BigInt64Array.from(value, BigInt) : value)
  if (type === 'BigUint64Array')
    return (value) => (Array.isArray(value) ? BigUint64Array.from(value, BigInt) : value)
  const ArrayType = Object.hasOwn(arrays, type) ? arrays[type as keyof typeof arrays] : undefined
  if (ArrayType) return (value) => (Array.isArray(value) ? ArrayType.from(value) : value)
  if (type === 'Uint8Array' || type === 'Buffer' || type === 'ArrayBuffer')
    return (value) => (typeof value === 'string' ? toBytesType(Buffer.from(value, 'base64'), type) : value)
  return same
}

/** Of a union only the bytes or the array among the choices matter: the value's own kind says which is meant. */
function reviverOfChoice(choices: readonly JsonSchema[], scope: Scope): Revive {
  const revivers = choices
    .map((choice) => ({ choice, revive: reviverOf(choice, scope) }))
    .filter(({ revive }) => revive !== same)
  if (revivers.length === 0) return same
  return (value) => revivers.find(({ choice }) => isOfKind(value, choice, scope.root))?.revive(value) ?? value
}

function isOfKind(value: unknown, schema: JsonSchema, root: JsonSchema): boolean {
  if (typeof schema === 'boolean') return schema
  const { $ref, type, properties, required } = schema
  if (typeof $ref === 'string') return isOfKind(value, dereference($ref, root) ?? true, root)
  if (Array.isArray(value)) return type === 'array'
  if (typeof value !== 'object' || value === null) return type === typeof value
  const needed = Array.isArray(required) ? required.map(String) : []
  return (type === 'object' || properties !== undefined) && needed.every((name) => Object.hasOwn(value, name))
}

function reviverOfObject(
  properties: Readonly<Record<string, JsonSchema>>,
  others: JsonSchema | undefined,
  scope: Scope,
): Revive {
  const known = new Map(Object.entries(properties).map(([name, schema]) => [name, reviverOf(schema, scope)]))
  const rest = reviverOf(others, scope)
  if (rest === same && [...known.values()].every((revive) => revive === same)) return same
  return (value) => {
    if (!isPlain(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, (known.get(name) ?? rest)(item)]),
    )
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
