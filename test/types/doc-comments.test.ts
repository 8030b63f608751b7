import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../src/construct/index.ts'
import { describeText, property } from './describe.ts'

type Row = readonly [comment: string, type: string, schema: JsonSchema]

/** What each property with a doc comment becomes, all in one module. */
async function documented(rows: readonly (readonly [comment: string, type: string, ...unknown[]])[]) {
  const properties = rows.map(
    ([comment, type], index) => `
      /** ${comment} */
      x${index}: ${type}`,
  )
  const { parameters, notices } = await describeText(`
    /** A chance. @minimum 0 @maximum 1 */
    type Probability = number
    export class Engine { constructor(args: {${properties.join('')}
    }) {} }`)
  return rows.map((_, index) => ({
    schema: property(parameters, `x${index}`),
    notices: notices.filter((notice) => notice.includes(` constructor.x${index}: `)),
  }))
}

describe('a tag becomes a keyword', async () => {
  const rows: readonly Row[] = [
    ['How sure.', 'number', { type: 'number', description: 'How sure.' }],
    ['@minimum 0 @maximum 1', 'number', { type: 'number', minimum: 0, maximum: 1 }],
    [
      '@exclusiveMinimum -1 @exclusiveMaximum 1e3',
      'number',
      { type: 'number', exclusiveMinimum: -1, exclusiveMaximum: 1000 },
    ],
    ['@multipleOf 0.5', 'number', { type: 'number', multipleOf: 0.5 }],
    ['@minLength 1 @maxLength 8', 'string', { type: 'string', minLength: 1, maxLength: 8 }],
    ['@pattern ^[a-z]+$', 'string', { type: 'string', pattern: '^[a-z]+$' }],
    ['@pattern "^\\\\d+$"', 'string', { type: 'string', pattern: '^\\d+$' }],
    ['@format email', 'string', { type: 'string', format: 'email' }],
    [
      '@minItems 1 @maxItems 3 @uniqueItems',
      'string[]',
      { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3, uniqueItems: true },
    ],
    [
      '@minProperties 1',
      'Record<string, number>',
      { type: 'object', additionalProperties: { type: 'number' }, minProperties: 1 },
    ],
    ['@title The X', 'number', { type: 'number', title: 'The X' }],
    ['@deprecated Use y.', 'number', { type: 'number', deprecated: true }],
    ['@default 0.5', 'number', { type: 'number', default: 0.5 }],
    ['@default fast', 'string', { type: 'string', default: 'fast' }],
    ['@default {"a": [1]}', 'unknown', { default: { a: [1] } }],
    ['@example 1', 'number', { type: 'number', examples: [1] }],
    ['@examples [1, 2]', 'number', { type: 'number', examples: [1, 2] }],
    ['@asType integer', 'number', { type: 'integer' }],
    ['@TJS-type integer', 'number', { type: 'integer' }],
    ['@integer', 'number', { type: 'integer' }],
    ['@asType integer @minimum 1', 'number | null', { type: ['integer', 'null'], minimum: 1 }],
    ['@minimum 0', 'number[]', { type: 'array', items: { type: 'number', minimum: 0 } }],
    [
      '@minItems 4',
      'Float32Array',
      { type: 'array', items: { type: 'number' }, 'x-flambe-type': 'Float32Array', minItems: 4 },
    ],
    [
      '@minimum 1',
      "number | 'auto'",
      {
        anyOf: [
          { type: 'string', const: 'auto' },
          { type: 'number', minimum: 1 },
        ],
      },
    ],
    ['Own.', 'Probability', { type: 'number', minimum: 0, maximum: 1, description: 'Own.' }],
    ['@maximum 0.5', 'Probability', { type: 'number', minimum: 0, maximum: 0.5, description: 'A chance.' }],
    [
      'All.',
      'Probability[]',
      { type: 'array', items: { type: 'number', minimum: 0, maximum: 1 }, description: 'All.' },
    ],
  ]
  const found = await documented(rows)
  test.each(rows.map((row, index) => [...row, index] as const))('%s on %s', (_, __, schema, index) => {
    expect(found[index]).toEqual({ schema, notices: [] })
  })
})

describe('a tag that cannot be a keyword is left out, with a notice', async () => {
  const rows = [
    ['@minimum high', 'number', { type: 'number' }],
    ['@minimum 0', 'string', { type: 'string' }],
    ['@minLength -1', 'string', { type: 'string' }],
    ['@minItems 1.5', 'unknown[]', { type: 'array' }],
    ['@multipleOf 0', 'number', { type: 'number' }],
    ['@pattern (', 'string', { type: 'string' }],
    ['@format colour', 'string', { type: 'string' }],
    ['@asType integer', 'string', { type: 'string' }],
  ] as const
  const found = await documented(rows)
  test.each(rows.map((row, index) => [...row, index] as const))('%s on %s', (comment, _, schema, index) => {
    expect(found[index]?.schema).toEqual(schema)
    const line = 6 + 2 * index
    expect(found[index]?.notices).toEqual([
      expect.stringMatching(
        new RegExp(`^engine.ts:${line}: Engine constructor.x${index}: ${comment.split(' ')[0]}`),
      ),
    ])
  })
})

describe('doc comments', () => {
  test('are read before a property on the same line', async () => {
    const { parameters } = await describeText(`
      export class Engine { constructor({ a, b }: { /** The a. @minimum 1 */ a: number, /** The b. */ b?: string }) {} }`)
    expect(property(parameters, 'a')).toEqual({ type: 'number', minimum: 1, description: 'The a.' })
    expect(property(parameters, 'b')).toEqual({ type: 'string', description: 'The b.' })
  })

  test('of a named type describe it, and a property’s own wins', async () => {
    const { parameters } = await describeText(`
      /** A point. */
      interface Point { x: number }
      export class Engine { constructor(args: {
        a: Point
        /** The second. */
        b: Point
      }) {} }`)
    expect(parameters).toMatchObject({
      properties: { a: { $ref: '#/$defs/Point' }, b: { $ref: '#/$defs/Point', description: 'The second.' } },
      $defs: { Point: { description: 'A point.' } },
    })
  })

  test('are kept through Partial, Pick and inheritance', async () => {
    const { parameters } = await describeText(`
      interface Base { /** The x. */ x: number }
      interface Options extends Base {}
      export class Engine { constructor(args: Partial<Pick<Options, 'x'>>) {} }`)
    expect(property(parameters, 'x')).toEqual({ type: 'number', description: 'The x.' })
  })

  test('of a method say what its input, output and examples are', async () => {
    const { predict } = await describeText(`
      export class Engine {
        /**
         * Classifies a text.
         * @param input - What to classify.
         * @returns Its label.
         * @example {"text": "good"}
         * @example
         * await engine.predict({ text: 'good' })
         */
        predict(input: { text: string }): string { return input.text }
      }`)
    expect(predict).toMatchObject({
      description: 'Classifies a text.',
      input: { description: 'What to classify.', examples: [{ text: 'good' }] },
      output: { type: 'string', description: 'Its label.' },
    })
  })

  test('name the properties of a parameter with @param, and their constraints after it', async () => {
    const { parameters } = await describeText(`
      export class Engine {
        /**
         * Makes one.
         * @param args - All of them.
         * @param args.size - How many.
         * @minimum 1
         * @param args.name Its name.
         * @example
         * new Engine({ size: 1 })
         */
        constructor({ size, name }: { size: number; name?: string }) {}
      }`)
    expect(parameters).toEqual({
      type: 'object',
      properties: {
        size: { type: 'number', minimum: 1, description: 'How many.' },
        name: { type: 'string', description: 'Its name.' },
      },
      required: ['size'],
      additionalProperties: false,
      description: 'Makes one.',
    })
  })
})
