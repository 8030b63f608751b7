import type ts from 'typescript'
import type { Json, JsonSchema } from '../construct/index.ts'
import type { Hints } from './hints.ts'
import type { Place, Scope } from './scope.ts'
import { isAbsent, members } from './type-kinds.ts'

/** The schema of "one of these": literals become one `enum`, bare primitives one `type`, the rest `anyOf`. */
export function unionSchema(types: readonly ts.Type[], place: Place, scope: Scope): JsonSchema {
  const { ts } = scope
  const present = types.filter((type) => !isAbsent(type, ts))
  // A place that must hold a value holds null where TypeScript has undefined.
  const withNull =
    present.length < types.length ? [...present.map(schema), { type: 'null' }] : present.map(schema)
  return combine(withNull)

  function schema(type: ts.Type): JsonSchema {
    return scope.toSchema(type, place)
  }
}

/** The schema of a type where `undefined` means that nothing is there; `undefined` if nothing ever is. */
export function presentSchema(
  type: ts.Type,
  place: Place,
  { scope, hints }: { readonly scope: Scope; readonly hints?: Hints | undefined },
): JsonSchema | undefined {
  const all = members(type)
  const present = all.filter((one) => !isAbsent(one, scope.ts))
  const [only, ...others] = present
  if (!only) return undefined
  if (present.length === all.length) return scope.toSchema(type, place, hints)
  return others.length === 0 ? scope.toSchema(only, place, hints) : unionSchema(present, place, scope)
}

/** `anyOf`, in as few and as plain words as JSON Schema has. */
export function combine(schemas: readonly JsonSchema[]): JsonSchema {
  if (schemas.includes(true)) return true
  const distinct = [
    ...new Map(schemas.filter((one) => one !== false).map((one) => [JSON.stringify(one), one])).values(),
  ]
  const [only] = distinct
  if (distinct.length < 2) return only ?? false
  const literals = distinct.flatMap(literalOf)
  const bare = distinct.flatMap(bareTypeOf)
  const bool = bothBooleans(literals)
  const values = bool ? literals.filter((value) => typeof value !== 'boolean') : literals
  const types = [
    ...bare.filter((type) => type !== 'null'),
    ...(bool ? ['boolean'] : []),
    ...bare.filter((type) => type === 'null'),
  ]
  const others = distinct.filter((one) => literalOf(one).length + bareTypeOf(one).length === 0)
  const nulled = values.length > 0 && types.length === 1 && types[0] === 'null'
  const branches = [
    ...others,
    ...enumOf(nulled ? [...values, null] : values),
    ...(nulled ? [] : typeOf(types)),
  ]
  return branches.length === 1 && branches[0] !== undefined ? branches[0] : { anyOf: branches }
}

/** The caller's types are literal types, so an `enum` says all of a `const` schema. */
function literalOf(schema: JsonSchema): readonly Json[] {
  if (typeof schema === 'boolean' || schema['const'] === undefined) return []
  return [schema['const']]
}

function bareTypeOf(schema: JsonSchema): readonly string[] {
  if (typeof schema === 'boolean' || Object.keys(schema).length !== 1) return []
  return typeof schema['type'] === 'string' ? [schema['type']] : []
}

function bothBooleans(values: readonly Json[]): boolean {
  return values.includes(true) && values.includes(false)
}

function enumOf(values: readonly Json[]): JsonSchema[] {
  const [only, ...others] = values
  if (only === undefined) return []
  const types = [...new Set(values.map((value) => (value === null ? 'null' : typeof value)))]
  const type = types.length === 1 ? types[0] : types
  if (type === undefined) return []
  return [others.length === 0 ? { type, const: only } : { type, enum: values }]
}

function typeOf(types: readonly string[]): JsonSchema[] {
  const [only, ...others] = types
  if (only === undefined) return []
  return [{ type: others.length === 0 ? only : types }]
}
