import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ServeEvent } from '../../src/runtime/observe.ts'
import { served, until } from '../helpers/served-backend.ts'

/** Answers a number with its square; a negative one is the caller's fault, 13 the component's. */
const squares = `
  predict({ n }) {
    if (n < 0) throw Object.assign(new Error('negative: ' + n), { status: 422 })
    if (n === 13) throw new Error('unlucky')
    return { n, square: n * n }
  }
  async predictBatch(inputs, { signal }) {
    await new Promise((resolve) => setTimeout(resolve, 2))
    return inputs.map((input) => {
      try { return this.predict(input) } catch (error) { return error }
    })
  }
`

/** Long enough for others to come meanwhile. */
const slow = `
  async predictBatch(inputs) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    return inputs.map(({ n }) => ({ n, square: n * n }))
  }
`

const input = {
  type: 'object',
  properties: { n: { type: 'integer', maximum: 100 } },
  required: ['n'],
} as const

const sizes = (events: readonly ServeEvent[]) =>
  events.flatMap((event) => (event.type === 'batch' ? [event.size] : []))

describe.each([
  ['inline', 0],
  ['in workers', 2],
])('batches %s', (_, workers) => {
  test('any number of questions, some of which fail, are answered as each would be alone', async () => {
    const described = { input }
    const alone = await served(squares, { workers, maxBatchSize: 1, queueSize: 500, described })
    const together = await served(squares, { workers, maxBatchSize: 7, queueSize: 500, described })
    const number = fc.oneof(fc.integer({ min: -5, max: 20 }), fc.constantFrom(101, 0.5, '1', null))
    await fc.assert(
      fc.asyncProperty(fc.array(number, { maxLength: 40 }), async (numbers) => {
        const ask = ({ ask }: typeof alone) => Promise.all(numbers.map((n) => ask({ n })))
        expect(await ask(together)).toEqual(await ask(alone))
      }),
      { numRuns: 25 },
    )
    expect(Math.max(...sizes(together.events))).toBeGreaterThan(3)
    expect(Math.max(...sizes(together.events))).toBeLessThanOrEqual(7)
  })
})

test('a question that finds nobody busy goes at once; those that come meanwhile go together', async () => {
  const { ask, events } = await served(slow, { maxBatchWait: 5000 })
  expect(await ask({ n: 1 })).toEqual({ n: 1, square: 1 })
  expect(sizes(events)).toEqual([1])
  const started = performance.now()
  const first = ask({ n: 2 })
  await until(() => sizes(events).length === 2)
  const rest = Promise.all(Array.from({ length: 8 }, (_, n) => ask({ n })))
  await Promise.all([first, rest])
  expect(sizes(events)).toEqual([1, 1, 8])
  expect(performance.now() - started).toBeLessThan(5000)
})

test('what found everybody busy waits for others as long as it may, and no longer', async () => {
  const { ask, events } = await served(slow, { maxBatchWait: 300 })
  const first = ask({ n: 1 })
  await until(() => sizes(events).length === 1)
  const second = ask({ n: 2 })
  await first
  await sleep(30)
  const third = ask({ n: 3 })
  const started = performance.now()
  await Promise.all([second, third])
  expect(sizes(events)).toEqual([1, 2])
  expect(performance.now() - started).toBeLessThan(1000)
})

test('a component that takes one question at a time makes none wait for others', async () => {
  const { ask } = await served(
    'async predict(n) { await new Promise((resolve) => setTimeout(resolve, 50)); return n }',
    { maxBatchWait: 60_000 },
  )
  expect(await Promise.all([ask(1), ask(2), ask(3)])).toEqual([1, 2, 3])
})

test('a component that has predictBatch alone', async () => {
  const { ask } = await served('predictBatch(inputs) { return inputs.map((n) => n + 1) }')
  expect(await Promise.all([ask(1), ask(2), ask(3)])).toEqual([2, 3, 4])
})

test.each([
  ['answers too few', 'return inputs.slice(1)', 'output-invalid'],
  ['gives no list', 'return 5', 'output-invalid'],
  ['throws', 'throw new Error("all")', 'predict-failed'],
  [
    'gives something that JSON does not hold in every place',
    'return inputs.map(() => NaN)',
    'output-invalid',
  ],
])('a batch that %s fails each of its questions, and the next is sound', async (_, body, code) => {
  const { ask } = await served(
    `async predictBatch(inputs) { await 0; if (inputs.includes('ok')) return inputs; ${body} }`,
  )
  expect(await Promise.all([ask(1), ask(2), ask(3)])).toEqual([code, code, code])
  expect(await ask('ok')).toBe('ok')
})

test('who leaves a batch does not end it for others; when all have left it is aborted', async () => {
  const { ask, events } = await served(`
    async predictBatch(inputs, { signal, log }) {
      log('begun', { inputs })
      signal.addEventListener('abort', () => log('aborted'))
      await new Promise((resolve) => setTimeout(resolve, 300))
      return inputs
    }`)
  const logged = (message: string) =>
    events.filter((event) => event.type === 'log' && event.message === message)
  const leaving = (ms: number) => ({ signal: AbortSignal.timeout(ms) })
  const both = [ask(1, leaving(100)), ask(2)]
  expect(await Promise.all(both)).toEqual(['cancelled', 2])
  expect(logged('aborted')).toEqual([])
  expect(await Promise.all([ask(3, leaving(100)), ask(4, leaving(100))])).toEqual(['cancelled', 'cancelled'])
  await until(() => logged('aborted').length === 1)
  expect(logged('begun')).toHaveLength(2)
})
