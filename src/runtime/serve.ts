import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Backend, State } from './exchange.ts'
import { createHandler, type HandlerOptions } from './http/handler.ts'
import { predict } from './http/predict.ts'
import { livez, readyz } from './http/probes.ts'
import { type Listening, listen } from './http/server.ts'
import type { Observe } from './observe.ts'
import type { ServeSettings } from './settings.ts'

export type ServeOptions = {
  readonly settings: ServeSettings
  readonly backend: Backend
  readonly observe: Observe
  /** What is served beside `/predict` and the probes, by path. */
  readonly resources?: HandlerOptions['resources']
  readonly trace?: HandlerOptions['trace']
  /** Media types of an answer that is no stream. */
  readonly produces?: () => readonly string[]
}

/** A server that listens, whether or not its component is ready. */
export type RunningServer = {
  readonly url: string
  readonly state: () => State
  /**
   * Takes requests for the drain delay, finishes those that have come, closes the component. Resolves within the
   * shutdown timeout; what is not done by then is cut off. Called again, it gives up waiting.
   */
  readonly stop: () => Promise<void>
}

/** Listens at once. Rejects with a FlambeError, as `listen` does. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { settings, backend, observe, resources, trace, produces = () => ['application/json'] } = options
  let draining: State | undefined
  const state = () => draining ?? backend.state()
  const handle = createHandler({
    settings,
    observe,
    ...(trace && { trace }),
    resources: {
      ...resources,
      '/predict': predict({ backend, state, timeout: settings.timeout, produces }),
      '/livez': livez(),
      '/readyz': readyz(state),
    },
  })
  const { url, close } = await listen(handle, { settings, observe, isClosing: () => draining !== undefined })
  const giveUp = new AbortController()
  let stopped: Promise<void> | undefined
  const begin = () => {
    draining = { state: 'draining', reason: 'the server stops', since: new Date().toISOString() }
    observe({ type: 'state', state: draining })
    return drain(close, backend, { settings, giveUp })
  }
  const stop = () => {
    if (stopped) giveUp.abort()
    stopped ??= begin()
    return stopped
  }
  return { url, state, stop }
}

async function drain(
  closeConnections: Listening['close'],
  backend: Backend,
  { settings, giveUp }: { settings: ServeSettings; giveUp: AbortController },
): Promise<void> {
  const { signal } = giveUp
  const budget = setTimeout(() => giveUp.abort(), settings.shutdownTimeout)
  await sleep(settings.drainDelay, undefined, { signal }).catch(() => {})
  await closeConnections(signal)
  await Promise.race([backend.close({ signal }), aborted(signal)])
  clearTimeout(budget)
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
  // A component that closes at once when it is told so still may.
  await sleep(100)
}
