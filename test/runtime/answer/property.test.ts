import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAnswerer } from '../../../src/runtime/index.ts'
import { context } from '../../helpers/answering.ts'

type Shape =
  | { readonly type: 'number'; readonly minimum: number }
  | { readonly type: 'string' }
  | { readonly type: 'boolean' }
  | { readonly type: 'array'; readonly items: Shape }
  | {
      readonly type: 'object'
      readonly properties: Readonly<Record<string, Shape>>
      readonly required: readonly string[]
      readonly additionalProperties: false
    }

const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ type: fc.constant('number' as const), minimum: fc.integer({ min: -2, max: 2 }) }),
    fc.constantFrom({ type: 'string' as const }, { type: 'boolean' as const }),
    fc.record({ type: fc.constant('array' as const), items: tie('shape') }),
    fc
      .dictionary(fc.constantFrom('a', 'b', 'c'), tie('shape'), { maxKeys: 3, noNullPrototype: true })
      .chain((properties) =>
        fc.record({
          type: fc.constant('object' as const),
          properties: fc.constant(properties),
          required: fc.subarray(Object.keys(properties)),
          additionalProperties: fc.constant(false as const),
        }),
      ),
  ),
}))

/** Values near a shape: mostly of it, now and then not. */
function near(of: Shape): fc.Arbitrary<unknown> {
  const wrong = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constant({ a: 1, z: 2 }))
  return fc.oneof({ weight: 6, arbitrary: like(of) }, { weight: 1, arbitrary: wrong })
}

function like(of: Shape): fc.Arbitrary<unknown> {
  if (of.type === 'number') return fc.integer({ min: -3, max: 3 })
  if (of.type === 'string') return fc.string({ maxLength: 3 })
  if (of.type === 'boolean') return fc.boolean()
  if (of.type === 'array') return fc.array(near(of.items), { maxLength: 3 })
  const entries = Object.entries(of.properties).map(([name, inner]) => [name, near(inner)] as const)
  return fc.record(Object.fromEntries(entries), { requiredKeys: [], noNullPrototype: true })
}

/** What the schema means, written down a second time. */
function fits(of: Shape, value: unknown): boolean {
  if (of.type === 'number') return typeof value === 'number' && value >= of.minimum
  if (of.type === 'string' || of.type === 'boolean') return typeof value === of.type
  if (of.type === 'array') return Array.isArray(value) && value.every((item) => fits(of.items, item))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value)
  return (
    of.required.every((name) => Object.hasOwn(value, name)) &&
    entries.every(([name, item]) => {
      const inner = Object.hasOwn(of.properties, name) ? of.properties[name] : undefined
      return inner !== undefined && fits(inner, item)
    })
  )
}

test('what fits the schema reaches predict as it was sent, and nothing else reaches it', async () => {
  const cases = shape.chain((of) =>
    fc.tuple(fc.constant(of), fc.array(near(of), { minLength: 8, maxLength: 8 })),
  )
  const counts = { reached: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(cases, async ([of, values]) => {
      const reached: unknown[] = []
      const predict = (input: unknown) => reached.push(input)
      const { read, predict: call } = await createAnswerer({ predict }, { input: of, output: true })
      for (const value of values) {
        reached.length = 0
        const body = Buffer.from(JSON.stringify(value))
        const ask = async () => call(await read({ body, contentType: 'application/json' }), context)
        const failure = await ask().catch((error) => error)
        const sent = JSON.parse(JSON.stringify(value))
        const isFit = fits(of, sent)
        counts[isFit ? 'reached' : 'refused']++
        expect(reached).toEqual(isFit ? [sent] : [])
        if (!isFit) expect(failure).toHaveProperty('problem.code', 'input-invalid')
      }
    }),
    { numRuns: 60 },
  )
  // Else the test says nothing.
  expect(Math.min(counts.reached, counts.refused)).toBeGreaterThan(30)
})
