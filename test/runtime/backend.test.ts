import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Answer, Backend } from '../../src/runtime/exchange.ts'
import { type BackendOptions, createBackend } from '../../src/runtime/index.ts'
import type { ServeEvent } from '../../src/runtime/observe.ts'
import { artifactOf, question } from '../helpers/served.ts'

const kinds = [
  ['inline', 0],
  ['pool', 1],
] as const

describe.each(kinds)('the %s backend', (_, workers) => {
  async function serve(body: string, options: Partial<BackendOptions> = {}) {
    const events: ServeEvent[] = []
    const backend = createBackend(
      { directory: await artifactOf(body) },
      {
        workers,
        queueSize: 8,
        maxBatchSize: 4,
        maxBatchWait: 0,
        timeout: 10_000,
        strictOutput: false,
        observe: (event) => events.push(event),
        ...options,
      },
    )
    onTestFinished(() => backend.close({ signal: AbortSignal.abort() }))
    return { backend, events }
  }

  test('it answers once it is ready, and says so', async () => {
    const { backend, events } = await serve('predict({ x }) { return { y: x * 2 } }')
    expect(backend.state().state).toBe('loading')
    await expect(ask(backend, { x: 1 })).rejects.toMatchObject({
      problem: { status: 503, code: 'not-ready' },
    })
    await ready(backend)
    expect(await ask(backend, { x: 21 })).toEqual({ y: 42 })
    expect(events.map(({ type }) => type)).toContain('state')
  })
})

async function ready(backend: Backend): Promise<void> {
  while (backend.state().state === 'loading') await sleep(5)
  expect(backend.state()).toMatchObject({ state: 'ready' })
}

async function ask(backend: Backend, value: unknown): Promise<unknown> {
  return json(await backend.ask(question(value), { signal: new AbortController().signal, timeout: 5000 }))
}

function json(answer: Answer): unknown {
  return answer.kind === 'value' ? JSON.parse(Buffer.from(answer.body).toString()) : undefined
}
