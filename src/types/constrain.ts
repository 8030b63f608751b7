import type { Json, JsonSchema } from '../construct/index.ts'
import { isSchema } from './subschemas.ts'

/**
 * Puts a keyword where it has a meaning: on the schema itself, on the alternatives of its type, or on an array's
 * items (`@minimum` of `number[]`). `undefined` if there is no such place.
 */
export function constrain(
  schema: JsonSchema,
  types: readonly string[],
  added: { readonly [keyword: string]: Json },
): JsonSchema | undefined {
  if (typeof schema === 'boolean') return types.length === 0 && schema ? added : undefined
  const own = [schema['type'] ?? []].flat()
  if (types.length === 0 || own.some((type) => types.includes(String(type)))) return merge(schema, added)
  if (Array.isArray(schema['anyOf'])) {
    const branches: readonly JsonSchema[] = schema['anyOf']
    const changed = branches.map((branch) => constrain(branch, types, added))
    return changed.every((one) => one === undefined)
      ? undefined
      : { ...schema, anyOf: changed.map((one, index) => one ?? branches[index] ?? true) }
  }
  const items = isSchema(schema['items']) ? constrain(schema['items'], types, added) : undefined
  return items && { ...schema, items }
}

/** `type: integer` takes the place of `number` alone, in a list too. */
function merge(
  schema: Exclude<JsonSchema, boolean>,
  added: { readonly [keyword: string]: Json },
): JsonSchema {
  const own = schema['type']
  if (added['type'] === undefined || !Array.isArray(own)) return { ...schema, ...added }
  return { ...schema, type: own.map((type) => (type === 'number' ? 'integer' : type)) }
}
