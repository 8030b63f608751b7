import { describe, expect, test } from 'vitest'
import { becomes, served, until } from '../helpers/served-backend.ts'

/** Does what its input says, be it harmful. */
const villain = `
  async predict({ n, harm, ms }, { signal }) {
    if (ms) await new Promise((resolve) => setTimeout(resolve, ms))
    if (harm === 'exit') process.exit(3)
    if (harm === 'throw later') { setTimeout(() => { throw new Error('later') }); await new Promise(() => {}) }
    if (harm === 'reject later') { Promise.reject(new Error('nobody waits')); return { n } }
    if (harm === 'loop') for (;;) ;
    if (harm === 'memory') { const kept = []; for (;;) kept.push(new Array(10_000).fill(Math.random())) }
    if (harm === 'print') { console.log('to stdout', n); console.error('to stderr'); process.stdout.write('unfinished') }
    if (harm === 'ignore') await new Promise(() => {})
    return { n }
  }
`

describe('user code that does harm', () => {
  test.each([
    ['process.exit', 'exit', 'exited'],
    ['an exception that nobody catches', 'throw later', 'crashed'],
  ])('%s fails only its own question', async (_, harm, reason) => {
    const { ask, events } = await served(villain)
    const before = ask({ n: 1 })
    const harmed = ask({ harm })
    const after = Promise.all([ask({ n: 2 }), ask({ n: 3 })])
    expect(await before).toEqual({ n: 1 })
    expect(await harmed).toBe('worker-lost')
    expect(await after).toEqual([{ n: 2 }, { n: 3 }])
    expect(events).toContainEqual(expect.objectContaining({ type: 'worker-lost', reason }))
  })

  test('memory without end fails only its own question', async () => {
    const { ask, events } = await served(villain, { workerMemory: 32 * 2 ** 20, timeout: 25_000 })
    expect(await ask({ harm: 'memory' }, { timeout: 25_000 })).toBe('worker-lost')
    expect(await ask({ n: 1 })).toEqual({ n: 1 })
    expect(events).toContainEqual(expect.objectContaining({ type: 'worker-lost', reason: 'out-of-memory' }))
  })

  test.each(['loop', 'ignore'])(
    'code that does not heed its deadline (%s) is ended with its worker',
    async (harm) => {
      const { ask, events } = await served(villain, { timeout: 100 })
      const harmed = ask({ harm }, { timeout: 100 })
      const waiting = ask({ n: 1 })
      expect(await harmed).toBe('timeout')
      expect(await waiting).toEqual({ n: 1 })
      expect(events).toContainEqual({ type: 'worker-lost', reason: 'unresponsive' })
    },
  )

  test('a caller in a hurry does not end the worker', async () => {
    const { ask, events } = await served(villain, { timeout: 10_000 })
    expect(await ask({ ms: 1500, n: 1 }, { timeout: 20 })).toBe('timeout')
    expect(await ask({ n: 2 })).toEqual({ n: 2 })
    expect(events.filter(({ type }) => type === 'worker-lost')).toEqual([])
  })

  test('what it prints goes to the log', async () => {
    const { ask, events } = await served(villain)
    expect(await ask({ harm: 'print', n: 5 })).toEqual({ n: 5 })
    await until(() => events.filter(({ type }) => type === 'printed').length >= 2)
    expect(events).toContainEqual({ type: 'printed', stream: 'stdout', line: 'to stdout 5' })
    expect(events).toContainEqual({ type: 'printed', stream: 'stderr', line: 'to stderr' })
  })

  test('a rejection that nobody waits for is told, and harms nobody', async () => {
    const { ask, events } = await served(villain)
    expect(await ask({ harm: 'reject later', n: 1 })).toEqual({ n: 1 })
    await until(() => events.some(({ type }) => type === 'log'))
    expect(events).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'unhandled rejection: nobody waits' }),
    )
    expect(events.filter(({ type }) => type === 'worker-lost')).toEqual([])
  })

  test('a module that ends the thread while it loads is a failure to load', async () => {
    const { backend } = await served('predict() {}', {
      described: { before: 'process.exit(4)' },
      isReady: false,
    })
    await becomes(backend, 'failed')
    expect(backend.state().reason).toContain('the worker ended while it loaded: exit code 4')
  })

  test('a worker that keeps dying is replaced after ever longer pauses, and the state says so in time', async () => {
    const { ask, backend, events } = await served(villain)
    const losses = () => events.filter(({ type }) => type === 'worker-lost').length
    const started = performance.now()
    for (let n = 1; n <= 4; n++) {
      expect(await ask({ harm: 'exit' })).toBe('worker-lost')
      await until(() => losses() === n && backend.load().workers === 1)
    }
    // Pauses of 0, 100, 200 and 400 ms.
    expect(performance.now() - started).toBeGreaterThan(700)
    expect(await ask({ n: 1 })).toEqual({ n: 1 })
  })
})

describe('several workers', () => {
  test('compute at the same time', async () => {
    const { ask, backend } = await served(villain, { workers: 2 })
    await until(() => backend.load().workers === 2)
    const started = performance.now()
    await Promise.all([ask({ ms: 400 }), ask({ ms: 400 })])
    expect(performance.now() - started).toBeLessThan(750)
  })

  test('what waits behind a long call goes to the worker that is free first', async () => {
    const { ask, backend } = await served(villain, { workers: 2 })
    await until(() => backend.load().workers === 2)
    // Short calls, so that workers are given several ahead.
    for (let round = 0; round < 30; round++)
      await Promise.all(Array.from({ length: 4 }, (_, n) => ask({ n })))
    const long = ask({ ms: 1500, n: 0 })
    const started = performance.now()
    const short = await Promise.all(Array.from({ length: 20 }, (_, n) => ask({ n })))
    expect(short).toHaveLength(20)
    expect(performance.now() - started).toBeLessThan(1000)
    expect(await long).toEqual({ n: 0 })
  })
})

describe('the queue', () => {
  test('is served first come first served, and bounded; who comes too late is told when to come again', async () => {
    const { ask, backend } = await served(villain, { queueSize: 3 })
    await ask({ ms: 100 })
    const order: number[] = []
    const asked = [1, 2, 3, 4].map(async (n) => {
      const answer = await ask({ ms: 50, n })
      order.push(n)
      return answer
    })
    await until(() => backend.load().waiting === 3)
    expect(backend.refusal()?.problem).toMatchObject({ code: 'queue-full', retryAfter: 1 })
    const refused = await backend
      .ask(
        { id: 'x', contentType: '', body: new Uint8Array(), stream: false },
        { signal: AbortSignal.timeout(1000), deadline: performance.now() + 100 },
      )
      .catch((error) => error.problem)
    expect(refused).toMatchObject({ status: 429, code: 'queue-full', retryAfter: 1 })
    expect(await Promise.all(asked)).toHaveLength(4)
    expect(backend.refusal()).toBeUndefined()
    expect(order).toEqual([1, 2, 3, 4])
  })

  test('what waits times out there, and is never begun', async () => {
    const { ask, backend } = await served(villain)
    const first = ask({ ms: 300, n: 1 })
    await until(() => backend.load().running === 1)
    expect(await ask({ harm: 'exit' }, { timeout: 50 })).toBe('timeout')
    expect(await first).toEqual({ n: 1 })
    expect(await ask({ n: 2 })).toEqual({ n: 2 })
  })
})
