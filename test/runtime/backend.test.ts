import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { artifactOf, question } from '../helpers/served.ts'
import { becomes, served, until } from '../helpers/served-backend.ts'

const signal = new AbortController().signal
const slow =
  'async predict({ ms }) { await new Promise((resolve) => setTimeout(resolve, ms)); return { ms } }'
const countdown = `
  async *predict({ items, size = 1 }, { signal }) {
    for (let item = 0; item < items; item++) { this.made = item; yield 'x'.repeat(size) }
  }
`

describe.each([
  ['inline', 0],
  ['in workers', 1],
])('answering %s', (_, workers) => {
  test('it refuses until it is ready, and tells each state', async () => {
    const { backend, events, ask } = await served('predict({ x }) { return { y: x * 2 } }', {
      workers,
      isReady: false,
    })
    expect(backend.state().state).toBe('loading')
    expect(await ask({ x: 1 })).toBe('not-ready')
    await becomes(backend, 'ready')
    expect(await ask({ x: 21 })).toEqual({ y: 42 })
    await backend.close()
    expect(await ask({ x: 21 })).toBe('not-ready')
    const states = events.flatMap((event) => (event.type === 'state' ? [event.state.state] : []))
    expect(states).toEqual(['ready', 'draining'])
  })

  test('a setup that fails is the state, with its reason', async () => {
    const { backend, ask, events } = await served("setup() { throw new Error('no weights') } predict() {}", {
      workers,
      isReady: false,
    })
    await becomes(backend, 'failed')
    expect(backend.state().reason).toBe('setup of Engine failed: no weights')
    expect(events).toContainEqual({
      type: 'log',
      level: 'error',
      message: 'the component could not be loaded: no weights',
      fields: { stack: expect.stringContaining('Engine.setup') },
    })
    expect(await ask(1)).toBe('not-ready')
  })

  test('what predict throws is told to the log, with its stack and the id of the request', async () => {
    const { ask, events } = await served('predict() { throw new Error("no luck") }', { workers })
    expect(await ask(1, { id: 'abc' })).toBe('predict-failed')
    expect(events).toContainEqual({
      type: 'log',
      level: 'error',
      message: 'predict-failed: no luck',
      id: 'abc',
      fields: { stack: expect.stringContaining('Engine.predict') },
    })
  })

  test('timings tell the waiting and the computing', async () => {
    const { backend } = await served(slow, { workers })
    const { timings } = await backend.ask(question({ ms: 50 }), {
      signal,
      deadline: performance.now() + 5000,
    })
    expect(timings.computed).toBeGreaterThan(45)
    expect(timings.queued).toBeLessThan(45)
  })

  test('many at a time get each its own answer', async () => {
    const { ask } = await served('predict({ n }) { return { n, text: "é".repeat(n) } }', {
      workers,
      queueSize: 500,
    })
    const numbers = Array.from({ length: 300 }, (_, n) => n)
    const answers = await Promise.all(numbers.map((n) => ask({ n })))
    expect(answers).toEqual(numbers.map((n) => ({ n, text: 'é'.repeat(n) })))
  })

  test('large bodies go both ways, and the caller keeps its own', async () => {
    const { backend, ask } = await served('predict(text) { return text }', { workers })
    const text = 'é'.repeat(500_000)
    const asked = question(text)
    await backend.ask(asked, { signal, deadline: performance.now() + 5000 })
    expect(asked.body.byteLength).toBe(1_000_002)
    expect(await ask(text)).toBe(text)
  })

  test('bytes that a component keeps and answers twice stay its own', async () => {
    const { backend } = await served(
      'kept = new Uint8Array(100_000).fill(7)\n predict() { return this.kept }',
      {
        workers,
      },
    )
    for (const _ of [1, 2]) {
      const answer = await backend.ask(question(1), { signal, deadline: performance.now() + 5000 })
      expect(answer).toMatchObject({ contentType: 'application/octet-stream', body: { byteLength: 100_000 } })
    }
  })

  test('context holds the id, a log and a signal', async () => {
    const { events, ask } = await served(
      `predict(input, { id, log, signal }) { log('seen', { input, f: 1n > 0 }); return [id, signal.aborted] }`,
      { workers },
    )
    expect(await ask(1, { id: 'abc', traceparent: '00-1-2-3' })).toEqual(['abc', false])
    await until(() => events.some(({ type }) => type === 'log'))
    expect(events).toContainEqual({
      type: 'log',
      level: 'info',
      message: 'seen',
      id: 'abc',
      traceparent: '00-1-2-3',
      fields: { input: 1, f: true },
    })
  })

  test('a log of what no log can write says so', async () => {
    const { events, ask } = await served(
      `predict(input, { log }) { log('seen', { id: 2n ** 70n }); return 1 }`,
      { workers },
    )
    expect(await ask(1)).toBe(1)
    await until(() => events.some(({ type }) => type === 'log'))
    expect(events).toContainEqual(
      expect.objectContaining({ message: 'seen', fields: { fields: expect.stringContaining('BigInt') } }),
    )
  })

  test('a question whose deadline was over before it came says how long it took since the request came', async () => {
    const { backend } = await served(slow, { workers })
    const received = performance.now() - 500
    const late = { signal, received, deadline: received + 100 }
    const { problem } = await backend.ask(question({ ms: 1000 }), late).then(
      () => expect.unreachable(),
      (error) => error,
    )
    expect(problem).toMatchObject({ code: 'timeout', detail: expect.stringMatching(/ within 5\d\d ms$/) })
  })

  test('a copy of the context has its log', async () => {
    const { ask, events } = await served(
      'predict(input, context) { const { log } = { ...context }; log("hello"); return 1 }',
      {
        workers,
      },
    )
    expect(await ask(1, { id: 'abc' })).toBe(1)
    await until(() =>
      events.some((event) => event.type === 'log' && event.message === 'hello' && event.id === 'abc'),
    )
  })

  test('the deadline gives 504 and aborts, with its reason', async () => {
    const { ask, events } = await served(
      `predict(input, { signal, log }) {
        return new Promise((resolve, reject) => signal.addEventListener('abort', () => { log(signal.reason.name); reject(signal.reason) }))
      }`,
      { workers },
    )
    expect(await ask(1, { timeout: 50 })).toBe('timeout')
    await until(() => events.some((event) => event.type === 'log' && event.message === 'TimeoutError'))
  })

  test('a caller that leaves aborts its question', async () => {
    const { ask, events, backend } = await served(
      `predict(input, { signal, log }) {
        log('begun')
        return new Promise((resolve, reject) => signal.addEventListener('abort', () => { log(signal.reason.name); reject(signal.reason) }))
      }`,
      { workers },
    )
    const controller = new AbortController()
    const asked = ask(1, { signal: controller.signal })
    await until(() => events.some((event) => event.type === 'log' && event.message === 'begun'))
    controller.abort()
    expect(await asked).toBe('cancelled')
    await until(() => events.some((event) => event.type === 'log' && event.message === 'AbortError'))
    await until(() => backend.load().running === 0)
    expect(await ask(1, { signal: AbortSignal.abort() })).toBe('cancelled')
  })

  test('closing lets what is under way end, then closes the component', async () => {
    const { ask, backend, events } = await served(
      `${slow}\n close() { this.context('closed') }\n constructor() { super(); this.context = () => {} }`,
      { workers },
    )
    const asked = ask({ ms: 200 })
    await until(() => backend.load().running === 1)
    await backend.close()
    expect(await asked).toEqual({ ms: 200 })
    expect(events.filter(({ type }) => type === 'worker-lost')).toEqual([])
  })

  test('a close() that throws is told to the log, and holds up nothing', async () => {
    const { ask, backend, events } = await served(
      'predict() { return 1 } close() { throw new Error("stuck") }',
      { workers },
    )
    await backend.swap({
      directory: await artifactOf('predict() { return 2 } close() { throw new Error("too") }'),
    })
    expect(await ask(0)).toBe(2)
    await backend.close()
    const told = events.flatMap((event) => (event.type === 'log' ? [event.message] : []))
    expect(told.map((line) => /stuck|too/.exec(line)?.[0])).toEqual(['stuck', 'too'])
  })

  test('a close() that never ends is given up after its time: another component takes over all the same', async () => {
    const never = 'predict() { return 1 } close() { return new Promise((done) => setTimeout(done, 2 ** 30)) }'
    const { backend, ask, events } = await served(never, { workers, shutdownTimeout: 50 })
    await backend.swap({ directory: await artifactOf('predict() { return 2 }') })
    expect(await ask({})).toBe(2)
    expect(events).toContainEqual(
      expect.objectContaining({ message: 'close() did not end within 50 ms: it is given up' }),
    )
  })

  test('closing in a hurry ends a swap that waits for the earlier component', async () => {
    const { ask, backend } = await served(slow, { workers })
    const asked = ask({ ms: 5000 })
    await until(() => backend.load().running === 1)
    const swapped = backend.swap({ directory: await artifactOf('predict() { return 2 }') })
    while ((await ask({})) !== 2);
    await backend.close({ signal: AbortSignal.timeout(20) })
    expect(await asked).toBe('not-ready')
    await swapped
  })

  test('closing in a hurry answers 503', async () => {
    const { ask, backend } = await served(slow, { workers })
    const asked = ask({ ms: 5000 })
    await until(() => backend.load().running === 1)
    await backend.close({ signal: AbortSignal.timeout(20) })
    expect(await asked).toBe('not-ready')
  })

  test('another component takes over without a question lost', async () => {
    const { ask, backend } = await served('predict() { return 1 }', { workers, queueSize: 1000 })
    const answers: unknown[] = []
    let isOver = false
    const load = async () => {
      while (!isOver) answers.push(await ask(0))
    }
    const callers = [load(), load(), load()]
    await sleep(50)
    await backend.swap({ directory: await artifactOf('predict() { return 2 }') })
    await sleep(50)
    isOver = true
    await Promise.all(callers)
    expect(new Set(answers)).toEqual(new Set([1, 2]))
    expect(answers.at(-1)).toBe(2)
    await expect(
      backend.swap({ directory: await artifactOf('setup() { throw new Error("no") } predict() {}') }),
    ).rejects.toThrow('no')
    expect(await ask(0)).toBe(2)
    expect(backend.state().state).toBe('ready')
  })

  test('of swaps that follow each other at once the last one counts, and the others leave nothing', async () => {
    const { ask, backend } = await served('predict() { return 0 }', { workers })
    const place = async (n: number) => ({ directory: await artifactOf(`predict() { return ${n} }`) })
    const places = await Promise.all([place(1), place(2), place(3)])
    await Promise.all(places.map((one) => backend.swap(one)))
    expect(await Promise.all(Array.from({ length: 10 }, () => ask(0)))).toEqual(Array(10).fill(3))
    expect(backend.load().workers).toBe(1)
  })

  describe('a stream', () => {
    test('comes item by item, with its time at the end', async () => {
      const { backend } = await served(countdown, { workers })
      const answer = await backend.ask(question({ items: 40 }, { stream: true }), {
        signal,
        deadline: performance.now() + 5000,
      })
      if (answer.kind !== 'items') throw new Error('no stream')
      expect(await Array.fromAsync(answer.items, (item) => Buffer.from(item).toString())).toEqual(
        Array.from({ length: 40 }, () => '"x"'),
      )
      await until(() => backend.load().running === 0)
    })

    test('a slow reader holds it back, and others are served meanwhile', async () => {
      const { backend, ask } = await served(
        `${countdown.replace('predict', 'stream')}
        predict(input, context) { return input === 'made' ? this.made : this.stream(input, context) }`,
        { workers },
      )
      const asked = question({ items: 100_000, size: 1000 }, { stream: true })
      const answer = await backend.ask(asked, { signal, deadline: performance.now() + 10_000 })
      if (answer.kind !== 'items') throw new Error('no stream')
      const reader = answer.items[Symbol.asyncIterator]()
      for (let item = 0; item < 50; item++) await reader.next()
      await sleep(50)
      expect(await ask('made')).toBeLessThan(50 + 2 * 16)
      await reader.return?.()
      await until(() => backend.load().running === 0)
    })

    test('who leaves ends it, though it never waits', async () => {
      const { backend } = await served('async *predict() { for (;;) yield 1 }', { workers })
      const answer = await backend.ask(question(1, { stream: true }), {
        signal,
        deadline: performance.now() + 5000,
      })
      if (answer.kind !== 'items') throw new Error('no stream')
      for await (const item of answer.items) {
        expect(String.fromCharCode(...item)).toBe('1')
        break
      }
      await until(() => backend.load().running === 0)
    })

    test('an error in the middle comes after the items before it', async () => {
      const { backend } = await served('async *predict() { yield 1; throw new Error("oh") }', { workers })
      const answer = await backend.ask(question(1, { stream: true }), {
        signal,
        deadline: performance.now() + 5000,
      })
      if (answer.kind !== 'items') throw new Error('no stream')
      const reader = answer.items[Symbol.asyncIterator]()
      expect(await reader.next()).toMatchObject({ done: false })
      await expect(reader.next()).rejects.toMatchObject({ problem: { code: 'predict-failed' } })
    })

    test('its deadline ends it', async () => {
      const { backend } = await served(
        'async *predict() { yield 1; await new Promise((resolve) => setTimeout(resolve, 5000)); yield 2 }',
        { workers },
      )
      const answer = await backend.ask(question(1, { stream: true }), {
        signal,
        deadline: performance.now() + 200,
      })
      if (answer.kind !== 'items') throw new Error('no stream')
      const reader = answer.items[Symbol.asyncIterator]()
      await reader.next()
      await expect(reader.next()).rejects.toMatchObject({ problem: { code: 'timeout' } })
    })
  })
})
