import { validate } from '@readme/openapi-parser'
import { describe, expect, test } from 'vitest'
import type { PredictEntry } from '../../../src/artifact/index.ts'
import type { Json, JsonSchema } from '../../../src/construct/index.ts'
import { describeApi } from '../../../src/runtime/openapi/openapi.ts'

const bytes = { type: 'string', contentEncoding: 'base64', 'x-flambe-type': 'Uint8Array' } as const
const plain = { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] } as const

function api(
  entry: Partial<PredictEntry>,
  { token, playground = true }: { token?: string; playground?: boolean } = {},
) {
  return describeApi({
    name: 'engine',
    version: '1.2.0',
    predict: { input: plain, output: true, ...entry },
    settings: { playground, ...(token && { token }) },
  })
}

/** What stands at a path of keys. */
const at = (document: Json, ...keys: readonly string[]) =>
  keys.reduce<unknown>((value, key) => Reflect.get(Object(value), key), document)
const predictOf = (document: Json, ...keys: readonly string[]) =>
  at(document, 'paths', '/predict', 'post', ...keys)

const tree: JsonSchema = {
  $ref: '#/$defs/Tree',
  $defs: {
    Tree: { type: 'object', properties: { children: { type: 'array', items: { $ref: '#/$defs/Tree' } } } },
  },
}

describe('the API’s description', () => {
  test.each<[string, Partial<PredictEntry>]>([
    ['of plain types', { output: { type: 'number' }, description: 'Tells what is what.' }],
    ['of no types', { input: true, output: true }],
    ['of what takes nothing', { input: { type: 'null' } }],
    ['of a stream', { stream: true, output: { type: 'string' } }],
    ['of bytes', { input: bytes, output: { ...bytes, contentMediaType: 'image/png' } }],
    [
      'of bytes beside JSON',
      { input: { type: 'object', properties: { image: bytes, n: { type: 'number' } } } },
    ],
    [
      'of a list of files',
      { input: { type: 'object', properties: { images: { type: 'array', items: bytes } } } },
    ],
    ['of a type that holds itself', { input: tree, output: tree }],
    [
      'of names that are no words',
      { input: { $ref: '#/$defs/A%3CB%3E', $defs: { 'A<B>': { type: 'string' } } } },
    ],
    ['with examples', { input: { ...plain, examples: [{ x: 1 }, { x: 2 }] } }],
  ])('%s is valid OpenAPI 3.1', async (_, entry) => {
    for (const options of [{}, { token: 'a secret', playground: false }]) {
      const document = api(entry, options)
      expect(await validate(structuredClone(document) as never)).toMatchObject({ valid: true })
    }
  })

  test('has the schemas of the component as its own parts', () => {
    const document = api({ input: tree, output: { type: 'array', items: { $ref: '#/items' } } })
    expect(at(document, 'components', 'schemas', 'Input')).toEqual({ $ref: '#/components/schemas/Tree' })
    expect(at(document, 'components', 'schemas', 'Tree', 'properties', 'children', 'items')).toEqual({
      $ref: '#/components/schemas/Tree',
    })
    expect(at(document, 'components', 'schemas', 'Output', 'items')).toEqual({
      $ref: '#/components/schemas/Output/items',
    })
  })

  test('keeps apart what input and output call by one name, unless it is the same', () => {
    const row = (properties: JsonSchema): JsonSchema => ({ $ref: '#/$defs/Row', $defs: { Row: properties } })
    const apart = api({ input: row({ type: 'string' }), output: row({ type: 'number' }) })
    expect(at(apart, 'components', 'schemas')).toMatchObject({
      Row: { type: 'string' },
      RowOutput: { type: 'number' },
      Output: { $ref: '#/components/schemas/RowOutput' },
    })
    const same = api({ input: row({ type: 'string' }), output: row({ type: 'string' }) })
    expect(at(same, 'components', 'schemas')).not.toHaveProperty('RowOutput')
    const own = api({ input: { $ref: '#/$defs/Problem', $defs: { Problem: { type: 'string' } } } })
    expect(at(own, 'components', 'schemas')).toMatchObject({
      ProblemInput: { type: 'string' },
      Problem: { type: 'object' },
    })
  })

  test('takes a $ref in data for data', () => {
    const input: JsonSchema = { ...plain, examples: [{ $ref: '#/$defs/x' }], default: ['#'] }
    expect(at(api({ input }), 'components', 'schemas', 'Input', 'examples')).toEqual([{ $ref: '#/$defs/x' }])
  })

  test('shows the examples of doc comments where tools look for them', () => {
    const document = api({ input: { ...plain, examples: [{ x: 1 }] } })
    expect(predictOf(document, 'requestBody', 'content', 'application/json', 'examples')).toEqual({
      example1: { value: { x: 1 } },
    })
  })

  test('says in which forms an input with files can be sent', () => {
    const input: JsonSchema = {
      type: 'object',
      properties: {
        image: bytes,
        name: { type: 'string' },
        box: { type: 'array', items: { type: 'number' } },
      },
      required: ['image'],
    }
    const content = predictOf(api({ input }), 'requestBody', 'content')
    expect(Object.keys(content as object)).toEqual(['application/json', 'multipart/form-data'])
    expect(at(content as Json, 'multipart/form-data', 'encoding')).toEqual({
      image: { contentType: 'application/octet-stream' },
      name: { contentType: 'text/plain' },
      box: { contentType: 'application/json' },
    })
    const raw = predictOf(api({ input: bytes }), 'requestBody', 'content')
    expect(Object.keys(raw as object)).toEqual(['application/json', 'application/octet-stream'])
  })

  test('asks for a token where the server does, but not of probes', () => {
    const document = api({}, { token: 'a secret' })
    expect(JSON.stringify(document)).not.toContain('a secret')
    expect(predictOf(document, 'security')).toEqual([{ token: [] }])
    expect(predictOf(document, 'responses')).toHaveProperty('401')
    expect(at(document, 'paths', '/readyz', 'get', 'security')).toEqual([])
    expect(predictOf(api({}), 'responses')).not.toHaveProperty('401')
  })

  test('tells every problem that a request can meet', () => {
    const responses = predictOf(api({}), 'responses') as Readonly<Record<string, Json>>
    for (const status of ['400', '415', '422', '429', '500', '503', '504']) {
      expect(at(responses, status, 'content', 'application/problem+json', 'examples')).not.toEqual({})
    }
  })
})
