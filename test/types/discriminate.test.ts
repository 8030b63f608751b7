import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { schemasOf } from './describe.ts'

const kind = (value: string, more: object = {}) => ({
  type: 'object',
  properties: { kind: { type: 'string', const: value }, ...more },
  required: ['kind', ...Object.keys(more)],
  additionalProperties: false,
})
const tagged = (...oneOf: object[]) => ({
  type: 'object',
  discriminator: { propertyName: 'kind' },
  oneOf,
})

describe('objects that a property tells apart', async () => {
  const declarations = `
    interface A { kind: 'a'; n: number }
    interface B { kind: 'b' }
    type Expression = { kind: 'leaf'; n: number } | { kind: 'not'; inner: Expression }`
  const types = [
    'A | B',
    'A | B | null',
    'A | { kind?: "b" }',
    'A | { kind: "a"; m: 1 }',
    'A | number',
    '(A | B)[]',
    'Expression',
  ]
  const { schemas } = await schemasOf(types, { declarations })
  const schemaOf = (type: string) => schemas[types.indexOf(type)]
  const a = kind('a', { n: { type: 'number' } })

  test('are alternatives with a discriminator', () => {
    expect(schemaOf('A | B')).toEqual(tagged(a, kind('b')))
    expect(schemaOf('(A | B)[]')).toEqual({ type: 'array', items: tagged(a, kind('b')) })
  })

  test('beside others too', () => {
    expect(schemaOf('A | B | null')).toEqual({ anyOf: [tagged(a, kind('b')), { type: 'null' }] })
  })

  test('but not if it may be missing, or is the same in two', () => {
    for (const type of ['A | { kind?: "b" }', 'A | { kind: "a"; m: 1 }', 'A | number']) {
      expect(schemaOf(type)).toHaveProperty('anyOf')
    }
  })

  test('give errors about the one that is meant', () => {
    const ajv = new Ajv2020({ discriminator: true, allErrors: true, strict: true })
    const validate = ajv.compile(Object(schemaOf('Expression')))
    expect(validate({ kind: 'not', inner: { kind: 'leaf', n: 1 } })).toBe(true)
    expect(validate({ kind: 'not', inner: { kind: 'leaf', n: 'x' } })).toBe(false)
    expect(validate.errors).toMatchObject([{ instancePath: '/inner/n', message: 'must be number' }])
    expect(validate({ kind: 'other' })).toBe(false)
    expect(validate.errors).toMatchObject([{ keyword: 'discriminator' }])
  })
})
