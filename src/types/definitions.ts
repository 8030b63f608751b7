import type ts from 'typescript'
import type { JsonSchema } from '../construct/index.ts'
import { discriminate } from './discriminate.ts'
import { mapSubschemas } from './subschemas.ts'

type Definition = {
  readonly name: string
  /** The name without the number that tells instances of a generic apart. */
  readonly base: string
  /** Written down under its name even if it is not recursive: it has a name in the user's code. */
  readonly shared: boolean
  recursive: boolean
  schema: JsonSchema | undefined
}

/** The types that one schema has met, by identity: what ends a recursion, and what is written only once. */
export type Definitions = { readonly byType: Map<ts.Type, Definition>; readonly names: Set<string> }

const prefix = '#/$defs/'

export const newDefinitions = (): Definitions => ({ byType: new Map(), names: new Set() })

/** How many instances of one generic are being written, each inside the one before it. */
export function nesting(name: string, { byType }: Definitions): number {
  return [...byType.values()].filter((one) => one.base === name && one.schema === undefined).length
}

/** The schema of a type that may be recursive: `build`'s result, or a reference to it. */
export function define(
  type: ts.Type,
  build: () => JsonSchema,
  { definitions, name, shared }: { definitions: Definitions; name: string; shared: boolean },
): JsonSchema {
  const known = definitions.byType.get(type)
  if (known) {
    if (known.schema === undefined) known.recursive = true
    return refer(known)
  }
  const definition: Definition = {
    name: unique(name, definitions),
    base: name,
    shared,
    recursive: false,
    schema: undefined,
  }
  definitions.byType.set(type, definition)
  definition.schema = build()
  return refer(definition)
}

/** Makes a schema stand alone: what is used twice or recursive goes into `$defs`, the rest into its place. */
export function finish(root: JsonSchema, { byType }: Definitions): JsonSchema {
  const schemas = new Map([...byType.values()].map(({ name, schema }) => [name, schema ?? true]))
  const keep = keptNames(root, schemas)
  const resolve = (schema: JsonSchema): JsonSchema => {
    const name = referenceOf(schema)
    return name === undefined ? schema : (schemas.get(name) ?? true)
  }
  const place = (schema: JsonSchema): JsonSchema => {
    const name = referenceOf(schema)
    if (name === undefined || keep.has(name)) return discriminate(mapSubschemas(schema, place), resolve)
    const target = place(schemas.get(name) ?? true)
    const siblings = withoutReference(schema)
    if (Object.keys(siblings).length === 0) return target
    return typeof target === 'boolean' ? siblings : { ...target, ...siblings }
  }
  const placed = place(root)
  if (keep.size === 0 || typeof placed === 'boolean') return placed
  return {
    ...placed,
    $defs: Object.fromEntries([...keep].map((name) => [name, place(schemas.get(name) ?? true)])),
  }
}

function refer({ name, shared, recursive, schema }: Definition): JsonSchema {
  return schema === undefined || recursive || shared ? { $ref: `${prefix}${name}` } : schema
}

/** Names that are referred to more than once, or from within themselves. */
function keptNames(root: JsonSchema, schemas: ReadonlyMap<string, JsonSchema>): Set<string> {
  const kept = new Set<string>()
  const seen = new Set<string>()
  const visit = (schema: JsonSchema): JsonSchema => {
    const name = referenceOf(schema)
    if (name !== undefined) {
      if (seen.has(name)) kept.add(name)
      else {
        seen.add(name)
        visit(schemas.get(name) ?? true)
      }
    }
    return mapSubschemas(schema, visit)
  }
  visit(root)
  return kept
}

function referenceOf(schema: JsonSchema): string | undefined {
  const reference = typeof schema === 'boolean' ? undefined : schema['$ref']
  return typeof reference === 'string' ? reference.slice(prefix.length) : undefined
}

function withoutReference(schema: JsonSchema): Exclude<JsonSchema, boolean> {
  if (typeof schema === 'boolean') return {}
  const { $ref: _, ...siblings } = schema
  return siblings
}

function unique(name: string, { names }: Definitions): string {
  const clean = name.replace(/[^\w.-]/g, '_')
  let free = clean
  for (let count = 2; names.has(free); count++) free = `${clean}${count}`
  names.add(free)
  return free
}
