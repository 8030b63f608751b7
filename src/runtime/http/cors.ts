import type { ServeRequest, ServeResponse } from './message.ts'

type Headers = ServeResponse['headers']

/** The headers that let pages of `origins` read an answer. https://fetch.spec.whatwg.org/#http-cors-protocol */
export function createCors(origins: readonly string[]): {
  readonly headers: (request: ServeRequest) => Headers | undefined
  /** The answer to a preflight; `undefined` for any other request. */
  readonly preflight: (request: ServeRequest, methods: string) => ServeResponse | undefined
} {
  const all = origins.includes('*')
  const known = new Set(origins)
  const headers = ({ headers: { origin } }: ServeRequest): Headers | undefined => {
    if (known.size === 0) return undefined
    if (origin === undefined || !(all || known.has(origin))) return { vary: 'origin' }
    return {
      vary: 'origin',
      'access-control-allow-origin': all ? '*' : origin,
      'access-control-expose-headers': 'x-request-id, retry-after, server-timing',
    }
  }
  return {
    headers,
    preflight: (request, methods) => {
      if (request.method !== 'OPTIONS' || !request.headers['access-control-request-method']) return undefined
      const allowed = headers(request)
      if (!allowed?.['access-control-allow-origin']) return undefined
      return {
        status: 204,
        headers: {
          'access-control-allow-methods': methods,
          'access-control-allow-headers':
            'authorization, content-type, x-request-id, x-request-timeout, traceparent, tracestate',
          'access-control-max-age': '600',
        },
      }
    },
  }
}
