import { dereference, type JsonSchema } from '../construct/index.ts'
import type { SpecNode } from '../spec/index.ts'

/** What a schema wants, for messages: `a number`, `"a" or "b"`. */
export function describeSchema(schema: JsonSchema, root: JsonSchema): string {
  if (typeof schema === 'boolean') return 'anything'
  const { $ref, type, anyOf } = schema
  if (typeof $ref === 'string') return describeSchema(dereference($ref, root) ?? true, root)
  if (typeof schema['x-flambe-class'] === 'string') return `a ${schema['x-flambe-class']}`
  if (Array.isArray(schema['enum'])) return schema['enum'].map((one) => JSON.stringify(one)).join(' or ')
  if ('const' in schema) return JSON.stringify(schema['const'])
  if (Array.isArray(anyOf)) return anyOf.map((one) => describeSchema(one as JsonSchema, root)).join(' or ')
  const names: Readonly<Record<string, string>> = {
    array: 'a list',
    object: 'a mapping',
    integer: 'an integer',
    null: 'null',
  }
  const types = Array.isArray(type) ? type : [type]
  return types.map((one) => names[String(one)] ?? `a ${String(one)}`).join(' or ')
}

/** What a node of the spec is, for messages. */
export function describeNode(node: SpecNode): string {
  if (node.kind === 'scalar') return typeof node.value === 'string' ? `"${node.value}"` : String(node.value)
  if (node.kind === 'tagged') return `!${node.parts.join('.')}`
  return { sequence: 'a list', mapping: 'a mapping', link: 'a link', file: 'a file' }[node.kind]
}
