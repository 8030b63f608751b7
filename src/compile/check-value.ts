import { dereference, type Json, type JsonSchema } from '../construct/index.ts'
import type { SpecNode } from '../spec/index.ts'
import { describeNode, describeSchema } from './describe.ts'

/** Something that does not fit, at a node of the spec. */
export type Misfit = { readonly node: SpecNode; readonly message: string; readonly hint?: string }

export type ValueCheck = {
  /** The schema that `$ref`s point into. */
  readonly root: JsonSchema
  /** The argument, and the way to the value in it, for messages: `layers[0].size`. */
  readonly path: string
  /** The type that takes the argument. */
  readonly owner: string
  /** True where the tagged node makes an object of the class of this name. */
  readonly isClass: (node: SpecNode & { readonly kind: 'tagged' }, className: string) => boolean
  /** The tags that make one. */
  readonly tagsOf: (className: string) => readonly string[]
}

type Keywords = { readonly [keyword: string]: Json }

/**
 * What in the spec does not fit a schema, with the node that is wrong. Links and components fit wherever
 * their value might: what they give is known only when they are built.
 */
export function misfits(node: SpecNode, schema: JsonSchema, check: ValueCheck): Misfit[] {
  if (typeof schema === 'boolean' || node.kind === 'link') return []
  const { $ref, anyOf, oneOf, allOf } = schema
  if (typeof $ref === 'string') return misfits(node, dereference($ref, check.root) ?? true, check)
  const own = misfitsOfKeywords(node, schema, check)
  const choices = [anyOf, oneOf]
    .filter(Array.isArray)
    .map((list) => misfitsOfChoices(node, list as JsonSchema[], check))
  const all = Array.isArray(allOf) ? (allOf as JsonSchema[]).map((one) => misfits(node, one, check)) : []
  return [...own, ...choices.flat(), ...all.flat()]
}

/** None if one fits. Else, where one choice alone is of the node's kind, what is wrong by that choice. */
function misfitsOfChoices(node: SpecNode, choices: readonly JsonSchema[], check: ValueCheck): Misfit[] {
  const found = choices.map((choice) => misfits(node, choice, check))
  if (found.some((list) => list.length === 0)) return []
  const inside = found.filter((list) => list.every((misfit) => misfit.node !== node))
  if (inside.length === 1) return inside[0] ?? []
  const ofKind = found.filter((_, index) => fitsType(node, keywordsOf(choices[index])))
  if (ofKind.length === 1) return ofKind[0] ?? []
  const wanted = choices.map((choice) => describeSchema(choice, check.root))
  return [
    {
      node,
      message: `${nameOf(check)} takes ${[...new Set(wanted)].join(' or ')}, and this is ${describeNode(node)}`,
    },
  ]
}

const keywordsOf = (schema: JsonSchema | undefined): Keywords => (typeof schema === 'object' ? schema : {})

function misfitsOfKeywords(node: SpecNode, schema: Keywords, check: ValueCheck): Misfit[] {
  const className = schema['x-flambe-class']
  if (typeof className === 'string') return misfitsOfClass(node, className, check)
  if (!fitsType(node, schema) || (node.kind === 'file' && schema['contentEncoding'] !== undefined)) {
    return [
      {
        node,
        message: `${nameOf(check)} takes ${describeSchema(schema, check.root)}, and this is ${describeNode(node)}`,
      },
    ]
  }
  if (node.kind === 'scalar') return misfitsOfScalar(node, schema, check)
  if (node.kind === 'sequence') return misfitsOfSequence(node, schema, check)
  if (node.kind === 'mapping') return misfitsOfMapping(node, schema, check)
  return []
}

function misfitsOfClass(node: SpecNode, className: string, check: ValueCheck): Misfit[] {
  if (node.kind === 'tagged' && check.isClass(node, className)) return []
  const message = `${nameOf(check)} takes a ${className}, and this is ${describeNode(node)}`
  const tags = check.tagsOf(className)
  const known = tags.length > 3 ? `${tags.slice(0, 3).join(', ')}, …` : tags.join(' or ')
  const hint = tags.length > 0 ? `write ${known}` : `no extension exports a ${className}`
  return [{ node, message, hint }]
}

function misfitsOfScalar(node: SpecNode & { kind: 'scalar' }, schema: Keywords, check: ValueCheck): Misfit[] {
  const { value } = node
  const wrong = (message: string): Misfit[] => [
    { node, message: `${nameOf(check)} ${message}, and this is ${describeNode(node)}` },
  ]
  const choices = Array.isArray(schema['enum'])
    ? schema['enum']
    : 'const' in schema
      ? [schema['const']]
      : undefined
  if (choices && !choices.some((choice) => choice === value)) {
    return wrong(
      `should be one of: [${choices.map((choice) => (typeof choice === 'string' ? choice : JSON.stringify(choice))).join(', ')}]`,
    )
  }
  if (typeof value === 'bigint' && schema['type'] !== undefined && schema['x-flambe-type'] !== 'bigint') {
    const [misfit] = wrong('takes a number')
    return misfit ? [{ ...misfit, hint: 'no number is exactly that; write fewer digits, or 1.2e+30' }] : []
  }
  if (typeof value === 'number' || typeof value === 'bigint')
    return numberMisfits(Number(value), schema).flatMap(wrong)
  if (typeof value === 'string') return textMisfits(value, schema).flatMap(wrong)
  return []
}

function numberMisfits(value: number, schema: Keywords): string[] {
  const limit = (keyword: string) => (typeof schema[keyword] === 'number' ? schema[keyword] : undefined)
  const [least, most] = [limit('minimum'), limit('maximum')]
  const [above, below, step] = [limit('exclusiveMinimum'), limit('exclusiveMaximum'), limit('multipleOf')]
  return [
    ...(least !== undefined && value < least ? [`takes at least ${least}`] : []),
    ...(most !== undefined && value > most ? [`takes at most ${most}`] : []),
    ...(above !== undefined && value <= above ? [`takes more than ${above}`] : []),
    ...(below !== undefined && value >= below ? [`takes less than ${below}`] : []),
    ...(step !== undefined && Math.abs(value / step - Math.round(value / step)) > 1e-9
      ? [`takes a multiple of ${step}`]
      : []),
  ]
}

function textMisfits(value: string, keywords: Keywords): string[] {
  const { minLength, maxLength, pattern, 'x-flambe-accepts': accepts } = keywords
  const { length } = [...value]
  return [
    ...(typeof minLength === 'number' && length < minLength
      ? [`takes at least ${minLength} characters`]
      : []),
    ...(typeof maxLength === 'number' && length > maxLength ? [`takes at most ${maxLength} characters`] : []),
    ...(typeof pattern === 'string' && !new RegExp(pattern, 'u').test(value)
      ? [`takes ${typeof accepts === 'string' ? accepts : `a text like /${pattern}/`}`]
      : []),
  ]
}

function misfitsOfSequence(
  node: SpecNode & { kind: 'sequence' },
  schema: Keywords,
  check: ValueCheck,
): Misfit[] {
  const { prefixItems, items, minItems, maxItems } = schema
  const count = node.items.length
  const prefix = Array.isArray(prefixItems) ? (prefixItems as JsonSchema[]) : []
  const wrong = (message: string) => [
    { node, message: `${nameOf(check)} takes ${message}, and this has ${count}` },
  ]
  const inner = node.items.flatMap((item, index) => {
    const own = prefix[index] ?? (items as JsonSchema | undefined)
    return own === undefined ? [] : misfits(item, own, { ...check, path: `${check.path}[${index}]` })
  })
  return [
    ...(typeof minItems === 'number' && count < minItems ? wrong(`at least ${minItems} items`) : []),
    ...(typeof maxItems === 'number' && count > maxItems ? wrong(`at most ${maxItems} items`) : []),
    ...inner,
  ]
}

function misfitsOfMapping(
  node: SpecNode & { kind: 'mapping' },
  schema: Keywords,
  check: ValueCheck,
): Misfit[] {
  const { properties, required, additionalProperties, propertyNames } = schema
  const known = (properties ?? {}) as Readonly<Record<string, JsonSchema>>
  const names = new Set(node.entries.map(({ key }) => key))
  const missing = Array.isArray(required) ? required.map(String).filter((name) => !names.has(name)) : []
  const inner = node.entries.flatMap(({ key, value }) => {
    const own = Object.hasOwn(known, key) ? known[key] : (additionalProperties as JsonSchema | undefined)
    if (own === false) return [{ node: value, message: `${nameOf(check)} has no "${key}"` }]
    const name = textMisfits(key, (propertyNames ?? {}) as Keywords)
    if (name.length > 0)
      return [{ node: value, message: `"${key}" is no name in ${nameOf(check)}: it ${name[0]}` }]
    return own === undefined ? [] : misfits(value, own, { ...check, path: `${check.path}.${key}` })
  })
  return [...missing.map((name) => ({ node, message: `${nameOf(check)} needs "${name}"` })), ...inner]
}

const kinds: Readonly<Record<string, (node: SpecNode) => boolean>> = {
  null: (node) => node.kind === 'scalar' && node.value === null,
  boolean: (node) => node.kind === 'scalar' && typeof node.value === 'boolean',
  string: (node) => node.kind === 'file' || (node.kind === 'scalar' && typeof node.value === 'string'),
  number: (node) =>
    node.kind === 'scalar' && (typeof node.value === 'number' || typeof node.value === 'bigint'),
  integer: (node) =>
    node.kind === 'scalar' && (Number.isInteger(node.value) || typeof node.value === 'bigint'),
  array: (node) => node.kind === 'sequence',
  object: (node) => node.kind === 'mapping' || node.kind === 'tagged',
}

function fitsType(node: SpecNode, { type }: Keywords): boolean {
  const types = Array.isArray(type) ? type : type === undefined ? [] : [type]
  return types.length === 0 || types.some((one) => kinds[String(one)]?.(node))
}

const nameOf = ({ path, owner }: ValueCheck) => `"${path}" of ${owner}`
