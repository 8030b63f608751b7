import type ts from 'typescript'
import type { JsonSchema } from '../construct/index.ts'
import { plain } from './doc-comment.ts'
import type { Hints } from './hints.ts'
import { methodsOf, objectSchema } from './object-schema.ts'
import { parameterOf } from './parameter.ts'
import type { Place, Reader, Scope } from './scope.ts'
import { specialSchema } from './special-types.ts'
import { isSchema } from './subschemas.ts'
import { isAbsent, isAnyObject, isCallable, isClassInstance, isObject, members } from './type-kinds.ts'
import { standalone } from './type-to-schema.ts'
import { combine } from './union-schema.ts'

type Keywords = Exclude<JsonSchema, boolean>

/**
 * The schema of the one object of named arguments that a constructor or a factory takes; `undefined`, with a notice,
 * if it takes something else. Without types the names and defaults of a destructuring pattern are still told, and
 * nothing is refused.
 */
export function argumentsSchema(
  signature: ts.Signature,
  place: Place,
  reader: Reader,
): JsonSchema | undefined {
  const [symbol, ...more] = signature.parameters
  if (!symbol) return { type: 'object', additionalProperties: false }
  const { type, hints, isTyped, at } = parameterOf(symbol, place, reader)
  if (!isTyped) {
    reader.notify(at, 'has no types; anything is accepted')
    return namesOnly(hints)
  }
  const types = members(type).filter((one) => !isAbsent(one, reader.ts))
  if (!types.every((one) => isNamed(one, reader)) || more.some((one) => isRequired(one, reader))) {
    reader.notify(at, 'does not take one object of named arguments; anything is accepted')
    return undefined
  }
  const { ts, checker } = reader
  const description = plain(ts.displayPartsToString(signature.getDocumentationComment(checker)))
  return standalone(reader, 'parameters', (scope) => {
    const schemas = types.map((one) => namedArguments(one, at, { scope, hints }))
    const [only, ...others] = schemas
    const schema = only && others.length === 0 ? only : oneOfSeveral(schemas)
    return description === '' ? schema : { ...schema, description }
  })
}

/** What a destructuring pattern without types tells: names, defaults and docs, but nothing to refuse. */
export function namesOnly(hints: Hints): JsonSchema | undefined {
  if (hints.size === 0) return undefined
  const properties = [...hints].map(([name, { default: value, docs }]) => {
    const told = {
      ...(docs?.description && { description: docs.description }),
      ...(value?.value !== undefined && { default: value.value }),
    }
    return [name, Object.keys(told).length > 0 ? told : true]
  })
  return { type: 'object', properties: Object.fromEntries(properties) }
}

/** Not positional: neither a number, an array, a function, nor a component itself. */
function isNamed(type: ts.Type, reader: Reader): boolean {
  const { ts, checker } = reader
  if (isAnyObject(type, ts)) return true
  if (type.isIntersection()) return type.types.every((one) => isNamed(one, reader))
  if (!isObject(type, ts) || checker.isArrayLikeType(type) || isCallable(type)) return false
  return (
    specialSchema(type) === 'ordinary' && !(isClassInstance(type, ts) && methodsOf(type, reader).length > 0)
  )
}

function isRequired(symbol: ts.Symbol, { ts, checker }: Reader): boolean {
  const declaration = symbol.valueDeclaration
  if (!declaration || !ts.isParameter(declaration)) return false
  return !declaration.dotDotDotToken && !checker.isOptionalParameter(declaration)
}

function namedArguments(
  type: ts.Type,
  at: Place,
  { scope, hints }: { scope: Scope; hints: Hints },
): Keywords {
  if (!isAnyObject(type, scope.ts)) return objectSchema(type, at, { scope, hints })
  // For the notice, if the type was not found.
  scope.toSchema(type, at)
  return { type: 'object' }
}

/** Overall names, for those who list arguments, and the exact alternatives. */
function oneOfSeveral(schemas: readonly Keywords[]): Keywords {
  const found = new Map<string, JsonSchema[]>()
  for (const schema of schemas) {
    for (const [name, one] of Object.entries(schema['properties'] ?? {})) {
      if (isSchema(one)) found.set(name, [...(found.get(name) ?? []), one])
    }
  }
  const required = [...found.keys()].filter((name) =>
    schemas.every((one) => [one['required'] ?? []].flat().includes(name)),
  )
  return {
    type: 'object',
    properties: Object.fromEntries([...found].map(([name, several]) => [name, combine(several)])),
    ...(required.length > 0 && { required }),
    anyOf: schemas,
  }
}
