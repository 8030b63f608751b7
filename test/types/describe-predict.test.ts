import { describe, expect, test } from 'vitest'
import { describeText } from './describe.ts'

const string = { type: 'string' }
const predictOf = async (members: string) =>
  (await describeText(`export class Engine { ${members} }`)).predict

describe('predict', () => {
  test('is described by its first parameter and by what it gives in the end', async () => {
    const predict = await predictOf(`
      /** Classifies. */
      async predict({ text, top = 3 }: { text: string; top?: number }, context: { id: string }): Promise<{ label: string }> {
        return { label: text }
      }`)
    expect(predict).toEqual({
      description: 'Classifies.',
      input: {
        type: 'object',
        properties: { text: string, top: { type: 'number', default: 3 } },
        required: ['text'],
        additionalProperties: false,
      },
      output: { type: 'object', properties: { label: string }, required: ['label'] },
    })
  })

  test('without a return type gives what its code gives', async () => {
    const predict = await predictOf('predict(x: string) { return x.length > 3 ? { POSITIVE: 0.5 } : null }')
    expect(predict?.output).toMatchObject({
      anyOf: [{ properties: { POSITIVE: { type: 'number' } } }, { type: 'null' }],
    })
  })

  const streams: readonly (readonly [string, string])[] = [
    [
      'an async generator',
      'async *predict(x: string): AsyncGenerator<string, number, void> { yield x; return 1 }',
    ],
    ['an inferred async generator', "async *predict(x: string) { yield x + ''; return 1 }"],
    ['a generator', '*predict(x: string): Generator<string, number> { yield x; return 1 }'],
    ['an inferred generator', '*predict(x: string) { yield x; return 1 }'],
    ['an AsyncIterable', 'predict(x: string): AsyncIterable<string> { throw new Error(x) }'],
    [
      'a promise of an AsyncIterable',
      'async predict(x: string): Promise<AsyncIterable<string>> { throw new Error(x) }',
    ],
    ['an IterableIterator', 'predict(x: string): IterableIterator<string> { throw new Error(x) }'],
    [
      'streams of two kinds',
      'predict(x: string): AsyncIterable<string> | Generator<string> { throw new Error(x) }',
    ],
  ]
  test.each(streams)('that gives %s is a stream of its items', async (_, members) => {
    expect(await predictOf(members)).toEqual({ input: string, output: string, stream: true })
  })

  test.each([
    ['an array', 'predict(x: string): string[] { return [x] }'],
    ['a string', 'predict(x: string): string { return x }'],
    ['a typed array', 'predict(x: string): Float32Array { return new Float32Array(1) }'],
  ])('that gives %s is no stream', async (_, members) => {
    expect(await predictOf(members)).not.toHaveProperty('stream')
  })

  test('may be a property, inherited, or optional', async () => {
    expect(await predictOf('predict = (x: string) => x')).toEqual({ input: string, output: string })
    expect(await predictOf('predict?: (x: string) => string')).toEqual({ input: string, output: string })
    const { predict } = await describeText(`
      class Base { predict(x: string): string { return x } }
      export class Engine extends Base {}`)
    expect(predict).toEqual({ input: string, output: string })
  })

  test('that takes nothing takes anything', async () => {
    expect(await predictOf('predict() { return "x" as string }')).toEqual({ input: true, output: string })
  })

  test('with an input that may be left out is described by what it is if given', async () => {
    expect((await predictOf('predict(x?: string): string { return x ?? "" }'))?.input).toEqual(string)
  })

  test('is absent if the class has none', async () => {
    expect(await predictOf('other() {}')).toBeUndefined()
    expect(await predictOf('predict = 1')).toBeUndefined()
  })

  test('wins over predictBatch', async () => {
    const predict = await predictOf(
      'predict(x: string): string { return x } predictBatch(x: number[]): number[] { return x }',
    )
    expect(predict).toEqual({ input: string, output: string })
  })
})

test('predictBatch alone is described by the items of its arrays', async () => {
  const predict = await predictOf(
    'async predictBatch(inputs: readonly { text: string }[]): Promise<string[]> { return [] }',
  )
  expect(predict).toEqual({
    input: { type: 'object', properties: { text: string }, required: ['text'], additionalProperties: false },
    output: string,
  })
})
