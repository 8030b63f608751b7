import { dirname, resolve } from 'node:path'
import { isComponentClass, type Json, type JsonSchema } from '../construct/index.ts'
import type { Extension } from '../extension/index.ts'
import { builtins, type RunSpecOptions } from './run-spec.ts'

/** A JSON Schema for a spec, with the classes of the extensions that its header names: for editors. */
export async function describeSpec(file: string, options: RunSpecOptions): Promise<JsonSchema> {
  const { cacheDirectory, install = false, progress, signal } = options
  // On use: what answers from an artifact loads no YAML parser and no compiler.
  const [{ readSpec }, { openExtensions }] = await Promise.all([
    import('../spec/index.ts'),
    import('../extension/index.ts'),
  ])
  const spec = await readSpec(file, { overrides: options.overrides ?? [] })
  const directory = dirname(resolve(file))
  return specSchema(
    await openExtensions(spec.extensions, { directory, cacheDirectory, install, progress, signal }),
  )
}

/**
 * The schema of both documents of a spec. Editors see a tagged mapping as a mapping, so a component is any of the
 * classes that fit; in draft 7, which is what they know.
 */
export function specSchema(extensions: readonly Extension[]): JsonSchema {
  const tags = extensions.flatMap(tagsOf)
  const all = [...Object.entries(builtins).map(([tag, { parameters }]) => ({ tag, parameters })), ...tags]
  const runnables = all.filter((one) => !('class' in one) || !isComponentClass(one.class))
  const definitions: Record<string, JsonSchema> = {}
  for (const one of all) embed(one, { tags, definitions })
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A spec of flambe',
    anyOf: [
      {
        title: 'extensions',
        description: 'Namespace: location (a folder, a package or a repository).',
        type: 'object',
        additionalProperties: { type: 'string' },
      },
      ...runnables.map(({ tag }) => ({ $ref: `#/definitions/${tag}` })),
    ],
    definitions,
  }
}

/** What a tag may stand for, and the schema of its arguments; absent for a class without types. */
type Tag = { readonly tag: string; readonly parameters?: JsonSchema; readonly class?: unknown }

function tagsOf({ namespace, exports, classes }: Extension): Tag[] {
  return Object.entries(classes).flatMap(([name, { description, parameters, factories = {} }]) => {
    const [tag, type] = [`${namespace}.${name}`, exports[name]]
    const own = parameters && { ...(description && { description }), ...(parameters as object) }
    const makers = Object.entries({ load_from_path: saved, ...factories })
    return [
      { tag, class: type, ...(own && { parameters: own }) },
      ...makers.map(([factory, schema]) => ({ tag: `${tag}.${factory}`, class: type, parameters: schema })),
    ]
  })
}

const saved: JsonSchema = {
  description: 'A saved one, with the class as it is now.',
  type: 'object',
  properties: { path: { type: 'string', description: 'An artifact: a folder, a .tar.gz or a URL.' } },
  required: ['path'],
  additionalProperties: false,
}

type Surroundings = { readonly tags: readonly Tag[]; readonly definitions: Record<string, JsonSchema> }

/** Puts the schema of a tag, and those that it defines itself, among the definitions. */
function embed({ tag, parameters = {} }: Tag, { tags, definitions }: Surroundings): void {
  const { $defs = {}, ...own } = parameters as { readonly [key: string]: Json }
  const place = (schema: Json) => rewrite(schema, { tag, tags })
  const noArguments = Array.isArray(own['required']) && own['required'].length > 0 ? [] : [{ type: 'null' }]
  definitions[tag] = { title: `!${tag}`, anyOf: [place({ title: `!${tag}`, ...own }), ...noArguments] }
  for (const [name, schema] of Object.entries($defs as object))
    definitions[`${tag}/${name}`] = { allOf: [place(schema)] }
}

function rewrite(value: Json, context: { readonly tag: string; readonly tags: readonly Tag[] }): Json {
  if (Array.isArray(value)) return value.map((one) => rewrite(one, context))
  if (typeof value !== 'object' || value === null) return value
  const { 'x-flambe-class': wanted, $ref, ...rest } = value as { readonly [key: string]: Json }
  const entries = Object.entries(rest).map(([key, one]) => [key, rewrite(one, context)])
  const ref = typeof $ref === 'string' && { $ref: $ref.replace('#/$defs/', `#/definitions/${context.tag}~1`) }
  return {
    ...Object.fromEntries(entries),
    ...ref,
    ...(typeof wanted === 'string' && { anyOf: componentsOf(wanted, context.tags) }),
  }
}

/** A component of this class, or a link to one. */
function componentsOf(name: string, tags: readonly Tag[]): Json[] {
  const fitting = tags.filter(
    (one) => isComponentClass(one.class) && extendsClass(one.class, name) && !isBase(one, tags),
  )
  const refs = fitting.map(({ tag }) => ({ $ref: `#/definitions/${tag}` }))
  return [...refs, { title: '!@', description: 'A link to another part.', type: 'string' }]
}

/** An abstract class says nothing of arguments, and those that extend it do. */
function isBase({ parameters, class: type }: Tag, tags: readonly Tag[]): boolean {
  if (parameters !== undefined || typeof type !== 'function') return false
  return tags.some((one) => one.parameters !== undefined && one.class !== type && isBelow(one.class, type))
}

function isBelow(type: unknown, base: object): boolean {
  return typeof type === 'function' && Object.prototype.isPrototypeOf.call(base, type)
}

function extendsClass(type: object, name: string): boolean {
  for (let one: unknown = type; typeof one === 'function'; one = Object.getPrototypeOf(one))
    if (one.name === name) return true
  return false
}
