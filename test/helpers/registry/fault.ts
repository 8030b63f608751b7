import type { IncomingMessage, ServerResponse } from 'node:http'

/** One request as the registry saw it. */
export type Seen = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** Bytes of the body that arrived. */
  bytes: number
  status: number
}

/** What goes wrong with a request that fits. */
export type Fault = {
  readonly method: string
  readonly path: RegExp
  /** Answers this instead of doing what was asked. */
  readonly status?: number
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string | ((seen: Seen) => string)
  /** Breaks the connection after that many bytes of the request's, or of the answer's, body. */
  readonly resetAfter?: number
  /** Changes the bytes of an answer. */
  readonly alters?: boolean
  /** Does what was asked, and then answers this status. */
  readonly statusAfter?: number
  /** Milliseconds before it is looked at. */
  readonly delay?: number
  /** What else happens at that moment. */
  readonly happens?: () => void
  /** Times; 1 if left out. */
  times?: number
}

/** The first fault that fits, used up by one. */
export function takeFault(faults: readonly Fault[], seen: Seen): Fault | undefined {
  const fault = faults.find(
    ({ method, path, times = 1 }) => method === seen.method && path.test(seen.path) && times > 0,
  )
  if (fault) fault.times = (fault.times ?? 1) - 1
  return fault
}

export function failure(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] })
}

/** Ends a request. What of its body is still to come is thrown away. */
export function answer(
  response: ServerResponse,
  status: number,
  { headers = {}, body = '' }: { headers?: { readonly [name: string]: string }; body?: string } = {},
): void {
  response.req.resume()
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
