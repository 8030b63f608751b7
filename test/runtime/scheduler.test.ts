import { expect, test } from 'vitest'
import { Few } from '../../src/runtime/backend/churn.ts'
import type { Runner } from '../../src/runtime/backend/runner.ts'
import { Scheduler } from '../../src/runtime/backend/scheduler.ts'

const settings = { queueSize: 100, maxBatchSize: 1, maxBatchWait: 0, timeout: 1000 }

test.each([
  ['each at once', 1, [1, 2, 3, 4, 5]],
  ['by the handful, and the rest when the turn of the event loop is over', 2, [0, 2, 2, 4, 4]],
  ['all together, when the turn is over', Number.POSITIVE_INFINITY, [0, 0, 0, 0, 0]],
])('questions go %s', async (_, handful, gone) => {
  const scheduler = new Scheduler({ ...settings, observe: () => {} })
  const went: number[] = []
  const calls: Runner['calls'] = new Few()
  scheduler.add({
    batches: false,
    handful,
    calls,
    depth: () => 100,
    perform: ({ tickets }) => void went.push(...tickets.map(({ n }) => n)),
    freed: () => {},
    flush: () => {},
    abort: () => {},
    taken: () => {},
    revoke: () => false,
    kill: () => {},
  })
  const answers: Promise<unknown>[] = []
  const counts: number[] = []
  for (let n = 1; n <= 5; n++) {
    const question = { id: `${n}`, contentType: '', body: new Uint8Array(), stream: false }
    const { signal } = new AbortController()
    answers.push(scheduler.ask(question, { signal, deadline: performance.now() + 1000 }))
    counts.push(went.length)
  }
  expect(counts).toEqual(gone)
  await expect.poll(() => went).toEqual([1, 2, 3, 4, 5])
  for (const n of went) scheduler.reports.value(n, { contentType: 'text/plain', body: `${n}` }, 1)
  expect(await Promise.all(answers)).toMatchObject(['1', '2', '3', '4', '5'].map((body) => ({ body })))
})
