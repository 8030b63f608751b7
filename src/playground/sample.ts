import {
  choices,
  isBytes,
  isNumber,
  isRecord,
  list,
  properties,
  type Resolve,
  type Schema,
} from './schema.ts'

/** A value that stands in the form at first: an example of the schema's own, its default, else the least that may fit. */
export function sample(given: unknown, resolve: Resolve, depth = 0): unknown {
  const schema = resolve(given)
  const [example] = list(schema['examples'])
  if (example !== undefined) return example
  if (schema['default'] !== undefined) return schema['default']
  if (schema['const'] !== undefined) return schema['const']
  const [allowed] = list(schema['enum'])
  if (allowed !== undefined) return allowed
  const [choice] = choices(schema)
  if (choice !== undefined && depth < 8) return sample(choice, resolve, depth + 1)
  return plain(schema, resolve, depth)
}

function plain(schema: Schema, resolve: Resolve, depth: number): unknown {
  if (schema['type'] === 'null') return null
  if (schema['type'] === 'object') return sampleObject(schema, resolve, depth)
  if (schema['type'] === 'array') return sampleArray(schema, resolve, depth)
  if (isNumber(schema)) return sampleNumber(schema)
  if (schema['type'] === 'boolean') return false
  if (schema['type'] === 'string' && !isBytes(schema))
    return schema['format'] === 'date-time' ? new Date(0).toISOString() : ''
  return undefined
}

/** What may be left out is, unless the schema says a value for it. */
function sampleObject(schema: Schema, resolve: Resolve, depth: number): unknown {
  if (depth > 8) return {}
  const required = list(schema['required'])
  const entries = properties(schema).map(([name, property]) => {
    const { examples, default: standard } = resolve(property)
    const isWanted = required.includes(name) || examples !== undefined || standard !== undefined
    return [name, isWanted ? sample(property, resolve, depth + 1) : undefined] as const
  })
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

function sampleArray(schema: Schema, resolve: Resolve, depth: number): unknown {
  const tuple = list(schema['prefixItems'])
  if (tuple.length > 0) return tuple.map((item) => sample(item, resolve, depth + 1))
  const { minItems, items } = schema
  const least = typeof minItems === 'number' ? Math.min(minItems, 1000) : 0
  if (depth > 8 || !isRecord(items)) return []
  return Array.from({ length: least }, () => sample(items, resolve, depth + 1))
}

function sampleNumber({ type, minimum, exclusiveMinimum, maximum }: Schema): number {
  const step = type === 'integer' ? 1 : 0.5
  if (typeof minimum === 'number' && minimum > 0) return minimum
  if (typeof exclusiveMinimum === 'number' && exclusiveMinimum >= 0) return exclusiveMinimum + step
  return typeof maximum === 'number' && maximum < 0 ? maximum : 0
}
