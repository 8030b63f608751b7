import { type Config, escapeKey, type Json, type JsonSchema } from '../construct/index.ts'
import type { Position } from '../errors.ts'
import type { MappingNode, SpecNode } from '../spec/index.ts'
import { didYouMean } from '../suggest.ts'
import { camelCase } from './catalog.ts'
import { misfits, type ValueCheck } from './check-value.ts'
import type { Definition } from './definition.ts'
import type { Lowering } from './lowering.ts'

/** The arguments by the names of the parameters (`max_length` finds `maxLength`); reports unknown and missing ones. */
export function namedArguments(
  node: { readonly args: MappingNode; readonly position: Position },
  definition: Definition | undefined,
  { report }: Pick<Lowering, 'report'>,
): ReadonlyMap<string, SpecNode> {
  const { parameters } = definition ?? {}
  const found = new Map<string, SpecNode>()
  if (typeof parameters !== 'object') {
    for (const { key, value } of node.args.entries) found.set(key, value)
    return found
  }
  const { properties = {}, required = [], additionalProperties } = parameters
  const known = Object.keys(properties as object)
  for (const { key, keyPosition, value } of node.args.entries) {
    const name = [key, camelCase(key)].find((one) => known.includes(one)) ?? key
    if (found.has(name)) report(keyPosition, `"${key}" is given twice`)
    else if (!known.includes(name) && additionalProperties === false) {
      const hint =
        didYouMean(key, known) ?? (known.length > 0 ? `it takes ${known.join(', ')}` : 'it takes none')
      report(keyPosition, `${definition?.type} got an unexpected argument "${key}"`, hint)
    }
    found.set(name, value)
  }
  const missing = (required as string[]).filter((name) => !found.has(name))
  for (const name of missing) report(node.position, `${definition?.type} needs the argument "${name}"`)
  return found
}

/** Reports what in one argument does not fit the type of its parameter. */
export function checkArgument(
  [name, value]: readonly [string, SpecNode],
  definition: Definition | undefined,
  { lowering, isClass }: { readonly lowering: Lowering; readonly isClass: ValueCheck['isClass'] },
): void {
  if (definition?.parameters === undefined) return
  const schema = parameterSchema(definition.parameters, name)
  if (schema === undefined) return
  const tagsOf = (className: string) => lowering.catalog.tagsOf(className)
  const check = { root: definition.parameters, path: name, owner: definition.type, isClass, tagsOf }
  for (const { node, message, hint } of misfits(value, schema, check)) {
    lowering.report(node.position, message, hint)
  }
}

/** The arguments that are not given and have a default. */
export function defaultArguments(
  parameters: JsonSchema | undefined,
  given: ReadonlySet<string>,
): [string, Config][] {
  if (typeof parameters !== 'object') return []
  const properties = (parameters['properties'] ?? {}) as Readonly<Record<string, Json>>
  return Object.entries(properties).flatMap(([name, schema]): [string, Config][] => {
    if (given.has(name) || typeof schema !== 'object' || schema === null || !('default' in schema)) return []
    return [[escapeKey(name), jsonConfig(schema['default'] as Json)]]
  })
}

function jsonConfig(json: Json): Config {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map((item: Json) => jsonConfig(item))
  return Object.fromEntries(
    Object.entries(json).map(([key, item]) => [escapeKey(key), jsonConfig(item as Json)]),
  )
}

function parameterSchema(parameters: JsonSchema | undefined, name: string): JsonSchema | undefined {
  if (typeof parameters !== 'object') return undefined
  const properties = (parameters['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>
  return Object.hasOwn(properties, name) ? properties[name] : undefined
}
