import type { Guard } from './addresses.ts'
import type { Agents } from './agents.ts'
import { exchange, type HttpRequest, type HttpResponse } from './exchange.ts'
import type { Environment } from './options.ts'

export type Transport = {
  /** Sends, and follows redirects: credentials go to the host that they were meant for and to no other. */
  readonly send: (request: HttpRequest) => Promise<HttpResponse>
  readonly close: () => void
}

export type TransportOptions = {
  readonly agents: Agents
  readonly guard: Guard
  readonly env?: Environment | undefined
  readonly idleTimeout?: number | undefined
}

const mostRedirects = 5

export function createTransport({ agents, guard, env, idleTimeout = 300_000 }: TransportOptions): Transport {
  const send = async (request: HttpRequest) => {
    let current = request
    for (let hops = 0; ; hops++) {
      const response = await exchange(current, { agents, env, idleTimeout })
      const next = redirectOf(response, current)
      if (!next || hops === mostRedirects) return response
      response.body.resume()
      await guard(next.url)
      current = next
    }
  }
  return { send, close: agents.close }
}

/** The request that a redirect asks for. Writes are repeated only where the status says that the method stays. */
function redirectOf(response: HttpResponse, request: HttpRequest): HttpRequest | undefined {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const statuses = isRead ? [301, 302, 303, 307, 308] : [307, 308]
  const { location } = response.headers
  if (!statuses.includes(response.status) || !location) return undefined
  const url = URL.parse(location, request.url.href)
  if (!url) return undefined
  if (url.origin === request.url.origin) return { ...request, url }
  if (request.body?.isSecret) return undefined
  return { ...request, url, headers: withoutCredentials(request.headers) }
}

/** Storage that signs its URLs refuses a request that has `Authorization` too; others must not see it. */
function withoutCredentials(headers: HttpRequest['headers']): HttpRequest['headers'] {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'),
  )
}
