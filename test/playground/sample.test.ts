import { describe, expect, test } from 'vitest'
import { sample } from '../../src/playground/sample.ts'
import { resolver } from '../../src/playground/schema.ts'

const object = (properties: object, required: readonly string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
})

describe('the value that the form begins with', () => {
  test.each([
    ['an example of the schema', { ...object({ x: { type: 'number' } }), examples: [{ x: 4 }] }, { x: 4 }],
    ['defaults', object({ x: { type: 'number', default: 0.5 } }), { x: 0.5 }],
    ['the first of a choice', object({ kind: { enum: ['a', 'b'] } }), { kind: 'a' }],
    [
      'the tag of a choice',
      { oneOf: [object({ kind: { const: 'a' } }), object({ kind: { const: 'b' } })] },
      { kind: 'a' },
    ],
    ['numbers in their bounds', { type: 'integer', minimum: 3 }, 3],
    ['numbers above an open bound', { type: 'number', exclusiveMinimum: 0 }, 0.5],
    ['as many items as there must be', { type: 'array', items: { type: 'number' }, minItems: 3 }, [0, 0, 0]],
    ['tuples', { type: 'array', prefixItems: [{ type: 'number' }, { type: 'string' }] }, [0, '']],
    [
      'nothing that may be left out',
      object({ x: { type: 'number' }, y: { type: 'number' } }, ['x']),
      { x: 0 },
    ],
    ['no bytes', object({ image: { type: 'string', 'x-flambe-type': 'Uint8Array' } }), {}],
    ['nothing of what is not known', {}, undefined],
  ])('has %s', (_, schema, expected) => {
    expect(sample(schema, resolver({}))).toEqual(expected)
  })

  test('ends for a schema that needs itself', () => {
    const root = { Node: object({ next: { $ref: '#/Node' } }) }
    expect(JSON.stringify(sample({ $ref: '#/Node' }, resolver(root))).length).toBeLessThan(200)
    const loop = { A: { $ref: '#/A' } }
    expect(sample({ $ref: '#/A' }, resolver(loop))).toBeUndefined()
  })
})
