import type { Json, JsonSchema } from '../../construct/index.ts'

export type Mapping = { readonly [key: string]: Json }

/** Names that schemas of a component must leave to the document. */
const ownNames = new Set(['Input', 'Output', 'Problem', 'Violation', 'State'])

/**
 * The schemas of a component as parts of one document: `Input`, `Output`, and each of their definitions under its own
 * name, or with `Input` or `Output` behind it where that name means something else already.
 */
export function componentSchemas({
  input,
  output,
}: {
  readonly input: JsonSchema
  readonly output: JsonSchema
}): Mapping {
  const first = partOf('Input', input, {})
  return { ...first, ...partOf('Output', output, first) }
}

/** A schema that lets anything through as an object: tools know the boolean form less well. */
export function asObject(schema: Json | undefined): Mapping {
  if (schema === false) return { not: {} }
  return isMapping(schema) ? schema : {}
}

function partOf(root: 'Input' | 'Output', schema: JsonSchema, taken: Mapping): Mapping {
  const { $defs, $schema: _, ...own } = asObject(schema)
  const definitions = Object.entries(asObject($defs))
  const plain = new Map(definitions.map(([name]) => [name, wordOf(name)]))
  const named = (names: ReadonlyMap<string, string>) =>
    Object.fromEntries(
      definitions.map(([name, definition]) => [names.get(name) ?? name, moved(definition, { root, names })]),
    )
  // What both have in common stays one; else this one's get a name of their own.
  const isOther = Object.entries(named(plain)).some(
    ([name, definition]) => ownNames.has(name) || (name in taken && !isSame(taken[name], definition)),
  )
  const names = isOther ? new Map([...plain].map(([name, word]) => [name, `${word}${root}`])) : plain
  return { [root]: moved(own, { root, names }), ...named(names) }
}

type Move = { readonly root: string; readonly names: ReadonlyMap<string, string> }

/** Keywords whose values are data, in which a `$ref` is none. (A mapping under one may be a property of that name: a schema.) */
const data = new Set(['const', 'enum', 'default', 'examples', 'example'])

function moved(value: Json, move: Move): Json {
  if (Array.isArray(value)) return value.map((item) => moved(item, move))
  if (!isMapping(value)) return value
  const entries = Object.entries(value).map(([key, item]): [string, Json] => {
    if (key === '$ref' && typeof item === 'string') return [key, movedRef(item, move)]
    return [key, data.has(key) && !isMapping(item) ? item : moved(item, move)]
  })
  return Object.fromEntries(entries)
}

function movedRef(ref: string, { root, names }: Move): string {
  if (!ref.startsWith('#')) return ref
  const [, name, rest = ''] = /^#\/\$defs\/([^/]+)(.*)$/.exec(ref) ?? []
  if (name === undefined) return `#/components/schemas/${root}${ref.slice(1)}`
  const key = decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~')
  return `#/components/schemas/${names.get(key) ?? wordOf(key)}${rest}`
}

/** Names of components have few characters: https://spec.openapis.org/oas/v3.1.0#fixed-fields-5 */
function wordOf(name: string): string {
  return name.replace(/[^\w.-]+/g, '_')
}

function isMapping(value: Json | undefined): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSame(one: Json | undefined, other: Json): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
