import type { Json, JsonSchema } from '../construct/index.ts'
import { isSchema } from './subschemas.ts'

/**
 * Objects that a property tells apart (`kind: 'a'`, `kind: 'b'`) become `oneOf` with OpenAPI's `discriminator`, so that
 * a wrong value is told what is wrong with it and not how it fails each alternative. To validators that do not
 * know the keyword it says the same.
 * https://spec.openapis.org/oas/v3.1.0#discriminator-object
 */
export function discriminate(schema: JsonSchema, resolve: (schema: JsonSchema) => JsonSchema): JsonSchema {
  if (typeof schema === 'boolean' || !Array.isArray(schema['anyOf'])) return schema
  const { anyOf, ...rest } = schema
  const branches = [anyOf].flat().filter(isSchema)
  const isObject = (branch: JsonSchema) => field(resolve(branch), 'type') === 'object'
  const objects = branches.filter(isObject)
  const others = branches.filter((branch) => !isObject(branch))
  const tag = tagOf(objects.map(resolve))
  if (tag === undefined) return schema
  const tagged = { type: 'object', discriminator: { propertyName: tag }, oneOf: objects }
  return others.length > 0 ? { ...rest, anyOf: [tagged, ...others] } : { ...rest, ...tagged }
}

/** The first property that each object needs and whose value is another constant text in each. */
function tagOf(objects: readonly JsonSchema[]): string | undefined {
  const [first, ...others] = objects
  if (!first || others.length === 0) return undefined
  return requiredOf(first).find((name) => {
    const values = objects.map((one) => constantOf(one, name))
    return values.every((value) => value !== undefined) && new Set(values).size === objects.length
  })
}

function constantOf(object: JsonSchema, name: string): string | undefined {
  if (!requiredOf(object).includes(name)) return undefined
  const value = field(field(field(object, 'properties'), name), 'const')
  return typeof value === 'string' && value !== '' ? value : undefined
}

function requiredOf(schema: JsonSchema): readonly string[] {
  return [field(schema, 'required') ?? []].flat().map(String)
}

function field(value: Json | undefined, name: string): Json | undefined {
  return isSchema(value) && typeof value === 'object' && Object.hasOwn(value, name) ? value[name] : undefined
}
