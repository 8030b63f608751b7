import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import type { PredictEntry } from '../../src/artifact/index.ts'
import type { Answer, Backend, Question } from '../../src/runtime/exchange.ts'
import { type BackendOptions, createBackend, ServeFailure } from '../../src/runtime/index.ts'
import type { ServeEvent } from '../../src/runtime/observe.ts'
import { artifactOf, question } from './served.ts'

export type Served = {
  readonly backend: Backend
  readonly events: readonly ServeEvent[]
  /** The JSON that is answered, or the code of the problem. */
  readonly ask: (value: unknown, options?: Asked) => Promise<unknown>
}

export type Asked = Partial<Question> & { readonly timeout?: number; readonly signal?: AbortSignal }

export type ServedOptions = Partial<BackendOptions> & {
  readonly described?: Partial<PredictEntry> & { readonly before?: string }
  /** Wait until it is ready. Default: true. */
  readonly isReady?: boolean
}

/** A backend for the class `Engine` with this body, closed when the test ends. */
export async function served(
  body: string,
  { described, isReady = true, ...options }: ServedOptions = {},
): Promise<Served> {
  const events: ServeEvent[] = []
  const directory = await artifactOf(body, described)
  const backend = createBackend(
    { directory },
    {
      workers: 1,
      queueSize: 64,
      maxBatchSize: 8,
      maxBatchWait: 0,
      timeout: 10_000,
      shutdownTimeout: 10_000,
      strictOutput: false,
      observe: (event) => events.push(event),
      ...options,
    },
  )
  onTestFinished(() => backend.close({ signal: AbortSignal.abort() }))
  const ask: Served['ask'] = async (value, { timeout = 10_000, signal, ...more } = {}) => {
    try {
      const limits = { deadline: performance.now() + timeout, signal: signal ?? new AbortController().signal }
      return jsonOf(await backend.ask(question(value, more), limits))
    } catch (error) {
      if (error instanceof ServeFailure) return error.problem.code
      throw error
    }
  }
  if (isReady) await becomes(backend, 'ready')
  return { backend, events, ask }
}

/** Waits for a state. */
export async function becomes(backend: Backend, state: string): Promise<void> {
  await expect.poll(() => backend.state().state, { interval: 5, timeout: 10_000 }).toBe(state)
}

/** Waits for something to be true. */
export async function until(isTrue: () => boolean): Promise<void> {
  for (let waited = 0; !isTrue(); waited += 5) {
    if (waited > 10_000) throw new Error('it did not become true')
    await sleep(5)
  }
}

function jsonOf(answer: Answer): unknown {
  return answer.kind === 'value' ? JSON.parse(Buffer.from(answer.body).toString()) : answer.items
}
