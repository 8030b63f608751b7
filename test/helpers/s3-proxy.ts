import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Transform } from 'node:stream'

export type S3Request = {
  readonly method: string
  /** Decoded, with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Bytes of its body. */
  readonly bytes: number
}

export type Fault =
  /** The store's answer is this one. */
  | { readonly status: number; readonly code: string; readonly headers?: Readonly<Record<string, string>> }
  /** The connection breaks before the request is passed on. */
  | 'reset'
  /** … in the middle of the request's body. */
  | 'cut request'
  /** … in the middle of the answer's body. */
  | 'cut answer'
  /** The store does what is asked; its answer is lost. */
  | 'lost answer'

export type S3Proxy = {
  readonly endpoint: string
  /** Every request since the last call. */
  readonly taken: () => S3Request[]
  /** Decides which requests fail, and how; may keep one waiting. */
  fault: (request: S3Request) => Fault | undefined | Promise<Fault | undefined>
  readonly stop: () => Promise<void>
}

/** Stands before the store: counts what goes by, and lets requests fail as networks and stores do. */
export async function startS3Proxy({ endpoint }: { readonly endpoint: string }): Promise<S3Proxy> {
  let requests: S3Request[] = []
  const server = createServer(async (incoming, outgoing) => {
    const entry = describe(incoming)
    requests.push(entry)
    const fault = await proxy.fault(entry)
    if (fault === 'reset') incoming.socket.destroy()
    else if (typeof fault === 'object') refuse(incoming, outgoing, fault)
    else passOn(incoming, outgoing, { target: `${endpoint}${incoming.url}`, fault })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: S3Proxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => requests.splice(0),
    fault: () => undefined,
    stop: async () => {
      requests = []
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}

function describe({ method = '', url = '', headers }: IncomingMessage): S3Request {
  return { method, path: decodeURIComponent(url), headers, bytes: Number(headers['content-length'] ?? 0) }
}

function refuse(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, code, headers }: Extract<Fault, object>,
): void {
  incoming.resume()
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>as asked</Message></Error>`
  outgoing.writeHead(status, { 'content-type': 'application/xml', ...headers })
  outgoing.end(incoming.method === 'HEAD' ? '' : body)
}

function passOn(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { target, fault }: { target: string; fault: Exclude<Fault, object> | undefined },
): void {
  const { method, headers } = incoming
  const half = (length: unknown) => Math.floor(Number(length ?? 0) / 2)
  const breakOff = () => void incoming.socket.destroy()
  const onward = request(target, { method, headers }, (answer) => {
    if (fault === 'lost answer') return void answer.resume().on('end', breakOff)
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    if (fault === 'cut answer')
      answer.pipe(upTo(half(answer.headers['content-length']), breakOff)).pipe(outgoing)
    else answer.pipe(outgoing)
  })
  onward.on('error', breakOff)
  incoming.on('close', () => incoming.complete || onward.destroy())
  if (fault === 'cut request') incoming.pipe(upTo(half(headers['content-length']), breakOff)).pipe(onward)
  else incoming.pipe(onward)
}

/** Lets so many bytes through; then it does what is asked, and lets no more through. */
function upTo(most: number, then: () => void): Transform {
  let count = 0
  return new Transform({
    transform(chunk: Uint8Array, _, done) {
      const left = most - count
      count += chunk.length
      if (chunk.length < left) return done(null, chunk)
      this.push(chunk.subarray(0, Math.max(left, 0)))
      setTimeout(then, 20)
    },
  })
}
