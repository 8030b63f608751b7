import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../src/construct/index.ts'
import { describeText, schemasOf } from './describe.ts'

/** As strict as ajv can be, but for tuples with optional items and types in lists, which are meant. */
function compile(schema: JsonSchema | undefined): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictTuples: false, discriminator: true })
  formats.default(ajv)
  for (const keyword of ['x-flambe-type', 'x-flambe-class']) ajv.addKeyword(keyword)
  return ajv.compile(schema as object)
}

/** A type in words, values of it, and (where there is a sure one) a value that is not of it. */
type Sample = { readonly type: string; readonly values: readonly unknown[]; readonly wrong?: unknown }

const name = fc.stringMatching(/^[a-z]{1,6}$/)
const leaf: fc.Arbitrary<Sample> = fc.oneof(
  fc.record({
    type: fc.constant('number'),
    values: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }),
    wrong: fc.constant('1'),
  }),
  fc.record({
    type: fc.constant('string'),
    values: fc.array(fc.string(), { minLength: 1 }),
    wrong: fc.integer(),
  }),
  fc.record({ type: fc.constant('boolean'), values: fc.constant([true, false]), wrong: fc.constant('true') }),
  fc.record({ type: fc.constant('null'), values: fc.constant([null]), wrong: fc.constant(0) }),
  fc.record({
    type: fc.constant('Date'),
    values: fc.constant(['2026-01-31T12:00:00Z']),
    wrong: fc.constant('today'),
  }),
  fc.record({
    type: fc.constant('Int8Array'),
    values: fc.array(fc.array(fc.integer({ min: -128, max: 127 })), { minLength: 1 }),
    wrong: fc.constant([128]),
  }),
  fc.record({ type: fc.constant('Json'), values: fc.array(fc.jsonValue(), { minLength: 1 }) }),
  fc.record({ type: fc.constant('unknown'), values: fc.array(fc.jsonValue(), { minLength: 1 }) }),
  fc.record({
    type: fc.constant('Tree'),
    values: fc.constant([{ value: 1, children: [{ value: 2, children: [] }] }]),
    wrong: fc.constant({ value: 1, children: [{ value: 2 }] }),
  }),
  fc
    .uniqueArray(fc.oneof(fc.string(), fc.integer(), fc.boolean()), { minLength: 1, maxLength: 4 })
    .map((values) => ({
      type: values.map((value) => JSON.stringify(value)).join(' | '),
      values,
      wrong: { not: 'a literal' },
    })),
)

const { sample } = fc.letrec<{ sample: Sample }>((tie) => {
  const items = fc.array(tie('sample'), { minLength: 1, maxLength: 4 })
  return {
    sample: fc.oneof(
      { maxDepth: 3 },
      { arbitrary: leaf, weight: 3 },
      { arbitrary: tie('sample').map(arrayOf), weight: 1 },
      { arbitrary: tie('sample').map(recordOf), weight: 1 },
      { arbitrary: items.map(tupleOf), weight: 1 },
      { arbitrary: items.map(unionOf), weight: 1 },
      {
        arbitrary: fc
          .uniqueArray(fc.tuple(name, fc.boolean(), tie('sample')), {
            selector: ([key]) => key,
            maxLength: 4,
          })
          .map(objectOf),
        weight: 2,
      },
    ),
  }
})

function arrayOf({ type, values, ...rest }: Sample): Sample {
  return { type: `(${type})[]`, values: [[], values], ...('wrong' in rest && { wrong: [rest.wrong] }) }
}

function recordOf({ type, values, ...rest }: Sample): Sample {
  const all = values.map((value, index) => ({ [`key ${index}`]: value }))
  return {
    type: `Record<string, ${type}>`,
    values: [{}, ...all],
    ...('wrong' in rest && { wrong: { k: rest.wrong } }),
  }
}

function tupleOf(items: readonly Sample[]): Sample {
  const values = items.map((item) => item.values[0])
  return { type: `[${items.map(({ type }) => type).join(', ')}]`, values: [values], wrong: values.slice(1) }
}

function unionOf(items: readonly Sample[]): Sample {
  return {
    type: items.map(({ type }) => `(${type})`).join(' | '),
    values: items.flatMap(({ values }) => values),
  }
}

function objectOf(properties: readonly (readonly [string, boolean, Sample])[]): Sample {
  const all = Object.fromEntries(properties.map(([key, , { values }]) => [key, values[0]]))
  const needed = Object.fromEntries(
    properties.filter(([, optional]) => !optional).map(([key, , { values }]) => [key, values[0]]),
  )
  const members = properties.map(([key, optional, { type }]) => `${key}${optional ? '?' : ''}: ${type}`)
  if (properties.length === 0) return { type: '{ one?: 1 }', values: [{}], wrong: [] }
  return { type: `{ ${members.join('; ')} }`, values: [all, needed], wrong: { ...all, 'unknown key': 1 } }
}

const declarations = `
type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
interface Tree { value: number; children: Tree[] }`

describe('a schema made of a type', () => {
  test('compiles, accepts every value of the type and refuses others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { minLength: 30, maxLength: 30 }), async (samples) => {
        const { schemas, notices } = await schemasOf(
          samples.map(({ type }) => type),
          { declarations },
        )
        expect(notices).toEqual([])
        for (const [index, { type, values, ...rest }] of samples.entries()) {
          const validate = compile(schemas[index])
          for (const value of values) expect([type, value, validate(value)]).toEqual([type, value, true])
          if ('wrong' in rest)
            expect([type, rest.wrong, validate(rest.wrong)]).toEqual([type, rest.wrong, false])
        }
      }),
      { numRuns: 5 },
    )
  })

  test('stands alone: none of its references leads out of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { minLength: 20, maxLength: 20 }), async (samples) => {
        const { schemas } = await schemasOf(
          samples.map(({ type }) => type),
          { declarations, use: 'output' },
        )
        for (const schema of schemas) {
          const text = JSON.stringify(schema)
          for (const [, target = ''] of text.matchAll(/"\$ref":"#\/\$defs\/([^"]*)"/g)) {
            expect(schema).toHaveProperty(['$defs', target])
          }
        }
      }),
      { numRuns: 2 },
    )
  })
})

test('schemas with instances and every keyword of doc comments compile', async () => {
  const { parameters, predict } = await describeText(`
    class Model { run(): void {} }
    export class Engine {
      constructor(args: {
        models: Record<string, Model | null>
        /** @minimum 0 @maximum 1 @exclusiveMinimum -1 @exclusiveMaximum 2 @multipleOf 0.5 @default 0.5 @example 1 */
        n: number | 'auto'
        /** @minLength 1 @maxLength 3 @pattern ^a @format email @title T @deprecated */
        s?: string
        /** @minItems 1 @maxItems 3 @uniqueItems @minimum 0 @asType integer */
        list: readonly (number | null)[]
      }) {}
      async *predict(input: Date | Buffer | { kind: 'a' } | { kind: 'b'; n: bigint }): AsyncGenerator<Float32Array> {}
    }`)
  for (const schema of [parameters, predict?.input, predict?.output])
    expect(() => compile(schema)).not.toThrow()
})
