import type { Server } from 'node:http'
import { onTestFinished } from 'vitest'
import type { Backend } from '../../src/runtime/exchange.ts'
import { createHandler } from '../../src/runtime/http/handler.ts'
import type { Handler, Resource, ServeRequest, ServeResponse } from '../../src/runtime/http/message.ts'
import { predict } from '../../src/runtime/http/predict.ts'
import { livez, readyz } from '../../src/runtime/http/probes.ts'
import { listen } from '../../src/runtime/http/server.ts'
import { resolveSettings } from '../../src/runtime/index.ts'
import type { ServeEvent } from '../../src/runtime/observe.ts'

type Given = {
  readonly spec?: Readonly<Record<string, string | number | boolean | readonly string[]>>
  readonly token?: string
  readonly resources?: Readonly<Record<string, Resource>>
  readonly produces?: readonly string[]
  readonly heartbeat?: number
}

/** A handler over a backend, and what it told. */
export function handlerOf(
  backend: Backend,
  { spec = {}, token, resources, produces = ['application/json'], heartbeat = 15_000 }: Given = {},
) {
  const settings = resolveSettings({
    spec: { port: 0, ...spec },
    environment: { FLAMBE_TOKEN: token },
  })
  const events: ServeEvent[] = []
  const { state } = backend
  const { timeout } = settings
  const handle = createHandler({
    settings,
    observe: (event) => events.push(event),
    resources: {
      '/predict': predict({ backend, state, timeout, produces: () => produces, heartbeat }),
      '/livez': livez(),
      '/readyz': readyz(state),
      ...resources,
    },
  })
  return { handle, settings, events }
}

/** Asks a handler without a socket. */
export async function call(
  handle: Handler,
  {
    method = 'POST',
    path = '/predict',
    headers = {},
    body = '',
    signal = new AbortController().signal,
  }: Partial<Omit<ServeRequest, 'body'>> & { readonly body?: string } = {},
): Promise<{ readonly status: number; readonly headers: ServeResponse['headers']; readonly text: string }> {
  const {
    status,
    headers: given,
    body: answer = '',
  } = await handle({
    method,
    path,
    headers,
    received: performance.now(),
    signal,
    body: async () => Buffer.from(body),
  })
  return { status, headers: given, text: await textOf(answer) }
}

async function textOf(body: NonNullable<ServeResponse['body']>): Promise<string> {
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body).toString()
  return Buffer.concat(await Array.fromAsync(body, (part) => Buffer.from(part))).toString()
}

/** The same behind a socket; it ends with the test. */
export async function serveBackend(
  backend: Backend,
  given: Given = {},
): Promise<{
  readonly url: string
  readonly port: number
  readonly server: Server
  readonly events: ServeEvent[]
}> {
  const { handle, settings, events } = handlerOf(backend, given)
  const { server, url } = await listen(handle, {
    settings,
    observe: (event) => events.push(event),
    isClosing: () => false,
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url, port: Number(new URL(url).port), server, events }
}
