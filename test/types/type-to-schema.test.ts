import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../src/construct/index.ts'
import { schemasOf } from './describe.ts'

const declarations = `
enum Level { Low, High = 5 }
enum Color { Red = 'red', Green = 'green' }
const enum Bits { A = 1 << 1, B = A | 4 }
type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
interface Point { x: number; y: number }
/** A node. */
interface Tree { value: number; next?: Tree; children: Tree[] }
interface Left { right: Right }
interface Right { left?: Left; other: Left }
type List = List[]
type Nest<T> = { value: T; inner?: Nest<T[]> }
type Page<T> = { items: T[]; next: string | null }
class Data { a = 1; b?: string; private c = 2; #d = 3; get e(): number { return 1 } static f = 1 }
class Derived extends Generic<number> { extra!: string }
class Generic<T> { value!: T }
class Active { a = 1; run(): void {} }
class Tagged { toJSON(): { tag: string } { return { tag: '' } } }
interface Service { run(): void }
declare function call(a: number, b: { deep: boolean }): Promise<Point>
declare const literal: { readonly mode: 'a'; list: readonly [1, 2] }
type Getters<T> = { [K in keyof T as \`get\${Capitalize<K & string>}\`]: T[K] }
type Unwrap<T> = T extends Promise<infer U> ? U : never
`

const number = { type: 'number' }
const string = { type: 'string' }
const closed = (properties: Record<string, JsonSchema>, required = Object.keys(properties)): JsonSchema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
  additionalProperties: false,
})
const open = (properties: Record<string, JsonSchema>, required = Object.keys(properties)): JsonSchema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
})
const point = closed({ x: number, y: number })
const array = (items: JsonSchema): JsonSchema => ({ type: 'array', items })
const exactly = (...prefixItems: JsonSchema[]): JsonSchema => ({
  type: 'array',
  prefixItems,
  minItems: prefixItems.length,
  items: false,
  maxItems: prefixItems.length,
})
const integers = (type: string, minimum: number, maximum: number): JsonSchema => ({
  type: 'array',
  items: { type: 'integer', minimum, maximum },
  'x-flambe-type': type,
})
const bytes = (type: string): JsonSchema => ({
  type: 'string',
  contentEncoding: 'base64',
  'x-flambe-type': type,
})
const recursive = (name: string, schema: JsonSchema): JsonSchema => ({
  $ref: `#/$defs/${name}`,
  $defs: { [name]: schema },
})
const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` })

type Table = readonly (readonly [type: string, schema: JsonSchema])[]

const primitives: Table = [
  ['string', string],
  ['number', number],
  ['boolean', { type: 'boolean' }],
  ['bigint', { type: 'integer', 'x-flambe-type': 'bigint' }],
  ['null', { type: 'null' }],
  ['undefined', { type: 'null' }],
  ['any', true],
  ['unknown', true],
  ['never', false],
  ['object', { type: 'object' }],
  ['{}', true],
  ["'a'", { type: 'string', const: 'a' }],
  ['3', { type: 'number', const: 3 }],
  ['-1.5', { type: 'number', const: -1.5 }],
  ['true', { type: 'boolean', const: true }],
  ['Uppercase<string>', string],
  [`\`v\${string}.md\``, { type: 'string', pattern: '^v[\\s\\S]*\\.md$' }],
  [`\`n-\${bigint}\``, { type: 'string', pattern: '^n--?\\d+$' }],
  ['string & { readonly __brand: "id" }', string],
]

const unions: Table = [
  ["'a' | 'b'", { type: 'string', enum: ['a', 'b'] }],
  ["'a' | 1 | null", { type: ['string', 'number', 'null'], enum: ['a', 1, null] }],
  ['string | number', { type: ['string', 'number'] }],
  ['null | string', { type: ['string', 'null'] }],
  ['boolean | string', { type: ['string', 'boolean'] }],
  ['string | undefined', string],
  ["number | 'auto'", { anyOf: [{ type: 'string', const: 'auto' }, number] }],
  ['Point | null', { anyOf: [point, { type: 'null' }] }],
  ["Point | number[] | 'x'", { anyOf: [point, array(number), { type: 'string', const: 'x' }] }],
  ['string | unknown', true],
  ["Exclude<'a' | 'b', 'a'>", { type: 'string', const: 'b' }],
  ['NonNullable<string | null>', string],
]

const enums: Table = [
  ['Level', { type: 'number', enum: [0, 5] }],
  ['Color', { type: 'string', enum: ['red', 'green'] }],
  ['Bits', { type: 'number', enum: [2, 6] }],
  ['Level.High', { type: 'number', const: 5 }],
  ['Color | null', { type: ['string', 'null'], enum: ['red', 'green', null] }],
]

const arrays: Table = [
  ['number[]', array(number)],
  ['readonly string[][]', array(array(string))],
  ['ReadonlyArray<unknown>', { type: 'array' }],
  ['Iterable<number>', array(number)],
  ['number[] & { extra?: string }', array(number)],
  ['[number, string]', exactly(number, string)],
  ['readonly [a: number, b: boolean]', exactly(number, { type: 'boolean' })],
  [
    '[number, string?]',
    { type: 'array', prefixItems: [number, string], minItems: 1, items: false, maxItems: 2 },
  ],
  ['[number, ...string[]]', { type: 'array', prefixItems: [number], minItems: 1, items: string }],
  ['[...number[], string]', { type: 'array', minItems: 1, items: { type: ['number', 'string'] } }],
  ['[]', { type: 'array', items: false, maxItems: 0 }],
]

const objects: Table = [
  ['Point', point],
  [
    '{ a: number; b?: string; readonly c: number | undefined; d?: never }',
    closed({ a: number, b: string, c: number, d: false }, ['a']),
  ],
  ['Record<string, number>', { type: 'object', additionalProperties: number }],
  ['Record<string, unknown>', { type: 'object' }],
  ['Record<string, never>', { type: 'object', additionalProperties: false }],
  ["Record<'a' | 'b', number>", closed({ a: number, b: number })],
  ['Partial<Record<Color, number>>', closed({ red: number, green: number }, [])],
  [
    '{ [index: number]: string }',
    { type: 'object', patternProperties: { '^-?\\d+(\\.\\d+)?$': string }, additionalProperties: false },
  ],
  [
    '{ a: number; [key: string]: number }',
    { type: 'object', properties: { a: number }, required: ['a'], additionalProperties: number },
  ],
  [
    `{ [key: \`x-\${string}\`]: number }`,
    { type: 'object', patternProperties: { '^x-[\\s\\S]*$': number }, additionalProperties: false },
  ],
  ['Point & { z: number }', closed({ x: number, y: number, z: number })],
  ['Point & Record<string, unknown>', open({ x: number, y: number })],
  ['Data', closed({ a: { type: 'number', default: 1 }, b: string }, [])],
  ['Derived', closed({ extra: string, value: number })],
  ['Generic<string>', closed({ value: string })],
]

const computed: Table = [
  ['Parameters<typeof call>[1]', closed({ deep: { type: 'boolean' } })],
  ['Awaited<ReturnType<typeof call>>', point],
  ["Pick<Point, 'x'>", closed({ x: number })],
  ["Omit<Point, 'x'>", closed({ y: number })],
  ['Partial<Point>', closed({ x: number, y: number }, [])],
  ['keyof Point', { type: 'string', enum: ['x', 'y'] }],
  ["Point['x']", number],
  ['Getters<Point>', closed({ getX: number, getY: number })],
  ['Unwrap<Promise<Point>>', point],
  ['Page<Point>', closed({ items: array(point), next: { type: ['string', 'null'] } })],
  [
    'typeof literal',
    closed({
      mode: { type: 'string', const: 'a' },
      list: exactly({ type: 'number', const: 1 }, { type: 'number', const: 2 }),
    }),
  ],
]

const tree = {
  ...Object(
    closed({ value: number, next: ref('Tree'), children: array(ref('Tree')) }, ['value', 'children']),
  ),
  description: 'A node.',
}

const shared: Table = [
  ['Tree', recursive('Tree', tree)],
  [
    'Partial<Tree>',
    {
      ...Object(closed({ value: number, next: ref('Tree'), children: array(ref('Tree')) }, [])),
      $defs: { Tree: tree },
    },
  ],
  [
    'Left',
    recursive('Left', closed({ right: closed({ left: ref('Left'), other: ref('Left') }, ['other']) })),
  ],
  ['List', recursive('List', array(ref('List')))],
  [
    'Json',
    recursive('Json', {
      anyOf: [
        array(ref('Json')),
        { type: 'object', additionalProperties: ref('Json') },
        { type: ['string', 'number', 'boolean', 'null'] },
      ],
    }),
  ],
  [
    '{ a: Point; b: Point }',
    { ...Object(closed({ a: ref('Point'), b: ref('Point') })), $defs: { Point: point } },
  ],
  [
    '{ a: Page<Point>; b: Page<string> }',
    closed({
      a: closed({ items: array(point), next: { type: ['string', 'null'] } }),
      b: closed({ items: array(string), next: { type: ['string', 'null'] } }),
    }),
  ],
]

const special: Table = [
  ['Date', { type: 'string', format: 'date-time', 'x-flambe-type': 'Date' }],
  ['Float32Array', { type: 'array', items: number, 'x-flambe-type': 'Float32Array' }],
  ['Float64Array', { type: 'array', items: number, 'x-flambe-type': 'Float64Array' }],
  ['Int8Array', integers('Int8Array', -128, 127)],
  ['Uint8ClampedArray', integers('Uint8ClampedArray', 0, 255)],
  ['Int16Array', integers('Int16Array', -32768, 32767)],
  ['Uint16Array', integers('Uint16Array', 0, 65535)],
  ['Int32Array', integers('Int32Array', -2147483648, 2147483647)],
  ['Uint32Array', integers('Uint32Array', 0, 4294967295)],
  ['BigInt64Array', { type: 'array', items: { type: 'integer' }, 'x-flambe-type': 'BigInt64Array' }],
  [
    'BigUint64Array',
    { type: 'array', items: { type: 'integer', minimum: 0 }, 'x-flambe-type': 'BigUint64Array' },
  ],
  ['Uint8Array', bytes('Uint8Array')],
  ['Buffer', bytes('Buffer')],
  ['ArrayBuffer', bytes('ArrayBuffer')],
  ['ArrayBufferLike', bytes('ArrayBuffer')],
]

describe('a type as input becomes a schema', async () => {
  const tables = { primitives, unions, enums, arrays, objects, computed, shared, special }
  const rows = Object.values(tables).flat()
  const { schemas, notices } = await schemasOf(
    rows.map(([type]) => type),
    { declarations },
  )
  const found = new Map(rows.map(([type], index) => [type, schemas[index]]))
  for (const [name, table] of Object.entries(tables)) {
    test.each(table)(`${name}: %s`, (type, schema) => {
      expect(found.get(type)).toEqual(schema)
    })
  }

  test('none of these needs a notice', () => {
    expect(notices).toEqual([])
  })
})

describe('a type as output becomes a schema', async () => {
  const rows: Table = [
    ['Point', open({ x: number, y: number })],
    ['Promise<Point>', open({ x: number, y: number })],
    ['void', { type: 'null' }],
    ['string | undefined', { type: ['string', 'null'] }],
    ['Data', open({ a: number, b: string }, ['a'])],
    ['Active', open({ a: number })],
    ['Tagged', open({ tag: string })],
    ['{ a: number; f: () => void; s: symbol }', open({ a: number })],
    ['Service[]', array({ type: 'object' })],
  ]
  const { schemas, notices } = await schemasOf(
    rows.map(([type]) => type),
    { use: 'output', declarations },
  )
  test.each(rows.map(([type, schema], index) => [type, schema, schemas[index]] as const))(
    '%s',
    (_, schema, found) => {
      expect(found).toEqual(schema)
    },
  )

  test('what JSON.stringify leaves out needs no notice', () => {
    expect(notices).toEqual([])
  })
})

describe('a type as argument becomes a schema', async () => {
  const instance = (name: string): JsonSchema => ({ 'x-flambe-class': name })
  const rows: Table = [
    ['Active', instance('Active')],
    ['Active | null', { anyOf: [instance('Active'), { type: 'null' }] }],
    ['Active[]', array(instance('Active'))],
    ['Record<string, Active>', { type: 'object', additionalProperties: instance('Active') }],
    ['Active | Derived', { anyOf: [instance('Active'), instance('Derived')] }],
    ['Active & { extra: string }', instance('Active')],
    ['{ inner: Active; n: number }', closed({ inner: instance('Active'), n: number })],
    ['InstanceType<typeof Active>', instance('Active')],
    ['Generic<string>', instance('Generic')],
    ['Date', { type: 'string', format: 'date-time', 'x-flambe-type': 'Date' }],
  ]
  const { schemas } = await schemasOf(
    rows.map(([type]) => type),
    { use: 'argument', declarations },
  )
  test.each(rows.map(([type, schema], index) => [type, schema, schemas[index]] as const))(
    '%s',
    (_, schema, found) => {
      expect(found).toEqual(schema)
    },
  )
})

describe('what JSON Schema cannot say is anything, with a notice that names the place', async () => {
  const what = 'has no form in JSON Schema; any value is accepted'
  const rows: readonly (readonly [type: string, schema: JsonSchema, notice: string])[] = [
    ['(a: number) => string', true, `: \`(a: number) => string\` ${what}`],
    ['symbol', true, `: \`symbol\` ${what}`],
    ['Map<string, number>', true, `: \`Map<string, number>\` ${what}`],
    ['RegExp', true, `: \`RegExp\` ${what}`],
    ['typeof Active', true, `: \`typeof Active\` ${what}`],
    ['Nowhere', true, ': `Nowhere` cannot be found; any value is accepted'],
    ['Service', true, ': `Service` has methods (run), which JSON cannot carry; any value is accepted'],
    [
      'Active',
      closed({ a: { type: 'number', default: 1 } }, []),
      ': `Active` has methods (run), which JSON cannot carry; only its data is checked',
    ],
    ['{ on: () => void }', closed({ on: true }), `.on: \`() => void\` ${what}`],
    ['{ list: symbol[] }', closed({ list: { type: 'array' } }), `.list[]: \`symbol\` ${what}`],
  ]
  const { schemas, notices } = await schemasOf(
    rows.map(([type]) => type),
    { declarations },
  )
  test.each(rows.map((row, index) => [...row, index] as const))('%s', (_, schema, notice, index) => {
    const line = declarations.split('\n').length + 1 + index
    expect(schemas[index]).toEqual(schema)
    expect(notices).toContain(`types.ts:${line}: T${index}.predict input${notice}`)
  })

  test('a generic that expands without end ends', async () => {
    const nested = await schemasOf(['Nest<number>'], { declarations })
    expect(JSON.stringify(nested.schemas[0]).length).toBeLessThan(2000)
    expect(nested.notices).toHaveLength(1)
  })
})
