import type { Json, JsonSchema } from '../construct/index.ts'

const ofSchema = ['items', 'additionalProperties', 'propertyNames', 'not']
const ofList = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
const ofMap = ['properties', 'patternProperties']

/** The schema with `map` applied to the schemas directly inside it, and to nothing that is data (`default`, `enum`). */
export function mapSubschemas(schema: JsonSchema, map: (inner: JsonSchema) => JsonSchema): JsonSchema {
  if (typeof schema === 'boolean') return schema
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (ofSchema.includes(keyword) && isSchema(value)) return [keyword, map(value)]
      if (ofList.includes(keyword) && isList(value)) {
        return [keyword, value.map((one) => (isSchema(one) ? map(one) : one))]
      }
      if (ofMap.includes(keyword) && isSchema(value) && typeof value === 'object') {
        return [
          keyword,
          Object.fromEntries(
            Object.entries(value).map(([key, one]) => [key, isSchema(one) ? map(one) : one]),
          ),
        ]
      }
      return [keyword, value]
    }),
  )
}

export function isSchema(value: Json | undefined): value is JsonSchema {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value))
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
