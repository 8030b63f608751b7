import type { AskOptions, Backend, Question, State } from '../exchange.ts'
import type { Observe } from '../observe.ts'
import { failure } from '../problems.ts'
import { faultEvent, originOf } from './fault.ts'
import type { Scheduler, SchedulerOptions } from './scheduler.ts'

export type BackendOptions = SchedulerOptions & {
  /** Check answers against the output schema. */
  readonly strictOutput: boolean
  /** Milliseconds that the `close()` of a component may take. */
  readonly shutdownTimeout: number
}

/** Lets questions in while the component can answer them, and says why not while it cannot. */
export type Gate = Pick<Backend, 'state' | 'ask'> & {
  readonly ready: () => void
  readonly loading: (reason: string) => void
  readonly fail: (cause: unknown) => void
  /** Lets no more in; aborting fails what is still under way. */
  readonly drain: (signal?: AbortSignal) => void
}

export function createGate(scheduler: Scheduler, observe: Observe): Gate {
  let current: State = { state: 'loading', since: new Date().toISOString() }
  const set = (state: State['state'], reason?: string) => {
    if (current.state === 'draining' || (current.state === state && current.reason === reason)) return
    current = { state, since: new Date().toISOString(), ...(reason !== undefined && { reason }) }
    observe({ type: 'state', state: current })
  }
  return {
    state: () => current,
    ask: (question: Question, options: AskOptions) => {
      const { state, reason = waits[state] } = current
      if (state === 'ready') return scheduler.ask(question, options)
      return Promise.reject(failure('not-ready', reason, { retryAfter: 1 }))
    },
    ready: () => set('ready'),
    loading: (reason) => set('loading', reason),
    fail: (cause) => {
      if (current.state !== 'draining')
        observe(faultEvent('the component could not be loaded', originOf(cause)))
      set('failed', cause instanceof Error ? cause.message : String(cause))
    },
    drain: (signal) => {
      set('draining')
      const end = () => scheduler.failAll(failure('not-ready', 'the server has stopped'))
      if (signal?.aborted) end()
      signal?.addEventListener('abort', end, { once: true })
    },
  }
}

const waits: Readonly<Record<State['state'], string>> = {
  loading: 'the component is being loaded',
  ready: '',
  draining: 'the server is stopping',
  failed: 'the component could not be loaded',
}
