import type { Json, JsonSchema } from '../construct/index.ts'
import { constrain } from './constrain.ts'
import type { Docs, DocTag } from './doc-comment.ts'
import { parseJson } from './parse-json.ts'
import type { Place, Scope } from './scope.ts'

type Value = Json | undefined

/** What a tag's value must be to be a keyword's value: JSON Schema refuses others, and a schema must compile. */
const checks = {
  number: (text: string): Value => numberOf(text, () => true),
  positive: (text: string): Value => numberOf(text, (value) => value > 0),
  count: (text: string): Value => numberOf(text, (value) => Number.isInteger(value) && value >= 0),
  flag: (text: string): Value => text !== 'false',
  text: (text: string): Value => stringOf(text),
  pattern: (text: string): Value => (isPattern(stringOf(text)) ? stringOf(text) : undefined),
  format: (text: string): Value => (formats.includes(stringOf(text)) ? stringOf(text) : undefined),
}

/** Each tag that becomes a keyword of the same name: what its value is, and the types it is about (`[]`: all). */
const keywords: Readonly<Record<string, readonly [keyof typeof checks, ...string[]]>> = {
  minimum: ['number', 'number', 'integer'],
  maximum: ['number', 'number', 'integer'],
  exclusiveMinimum: ['number', 'number', 'integer'],
  exclusiveMaximum: ['number', 'number', 'integer'],
  multipleOf: ['positive', 'number', 'integer'],
  minLength: ['count', 'string'],
  maxLength: ['count', 'string'],
  pattern: ['pattern', 'string'],
  format: ['format', 'string'],
  minItems: ['count', 'array'],
  maxItems: ['count', 'array'],
  uniqueItems: ['flag', 'array'],
  minProperties: ['count', 'object'],
  maxProperties: ['count', 'object'],
  title: ['text'],
  deprecated: ['flag'],
}

/** The formats of JSON Schema 2020-12 and of ajv-formats; with any other a schema may not compile. */
const formats =
  'date time date-time iso-time iso-date-time duration uri uri-reference uri-template url email hostname ipv4 ipv6 regex uuid json-pointer json-pointer-uri-fragment relative-json-pointer byte int32 int64 float double password binary'.split(
    ' ',
  )

/** Adds a doc comment's description and the keywords that its tags stand for (`@minimum 0`). */
export function applyDocs(
  schema: JsonSchema,
  docs: Docs,
  { place, scope }: { place: Place; scope: Scope },
): JsonSchema {
  const constrained = docs.tags.reduce((result, tag) => applyTag(result, tag, { place, scope }), schema)
  const examples = docs.tags.flatMap(examplesOf)
  const base = constrained === true ? {} : constrained
  const added = {
    ...(docs.description !== '' && { description: docs.description }),
    ...(examples.length > 0 && { examples }),
  }
  return base === false || Object.keys(added).length === 0 ? constrained : { ...base, ...added }
}

function applyTag(
  schema: JsonSchema,
  { name, text }: DocTag,
  at: { place: Place; scope: Scope },
): JsonSchema {
  if ((name === 'asType' || name === 'TJS-type') && stringOf(text) === 'integer') {
    return constrain(schema, ['number'], { type: 'integer' }) ?? complain(`@${name} integer`, schema, at)
  }
  if (name === 'integer')
    return constrain(schema, ['number'], { type: 'integer' }) ?? complain('@integer', schema, at)
  if (name === 'default') {
    return schema === false ? false : { ...(schema === true ? {} : schema), default: parseJson(text) ?? text }
  }
  const keyword = Object.hasOwn(keywords, name) ? keywords[name] : undefined
  if (!keyword) return schema
  const [check, ...types] = keyword
  const value = checks[check](text.trim())
  if (value === undefined) return complain(`@${name} ${text}`, schema, at)
  return constrain(schema, types, { [name]: value }) ?? complain(`@${name}`, schema, at)
}

function examplesOf({ name, text }: DocTag): readonly Json[] {
  if (name === 'example') return [parseJson(text) ?? text]
  if (name !== 'examples') return []
  const value = parseJson(text)
  return Array.isArray(value) ? value : [value ?? text]
}

function complain(
  tag: string,
  schema: JsonSchema,
  { place, scope }: { place: Place; scope: Scope },
): JsonSchema {
  scope.notify(place, `${tag} does not fit here and is ignored`)
  return schema
}

function numberOf(text: string, fits: (value: number) => boolean): Value {
  const value = parseJson(text)
  return typeof value === 'number' && fits(value) ? value : undefined
}

function stringOf(text: string): string {
  const value = parseJson(text)
  return typeof value === 'string' ? value : text
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u').source !== ''
  } catch {
    return false
  }
}
