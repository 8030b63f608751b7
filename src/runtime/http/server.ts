import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { FlambeError } from '../../errors.ts'
import { codeOf, nodeHttp } from '../../files/index.ts'
import { failure, type ProblemCode } from '../problems.ts'
import type { ServeSettings } from '../settings.ts'
import { createListener, type ListenerOptions } from './listener.ts'
import type { Handler } from './message.ts'
import { problemText } from './problem.ts'

export type ListenOptions = Omit<ListenerOptions, 'answering'> & { readonly settings: ServeSettings }

export type Listening = {
  readonly server: Server
  readonly url: string
  /**
   * Takes no more connections, closes those without a request, and each other one after its answer. Resolves when all
   * are closed; aborting closes them at once.
   */
  readonly close: (signal: AbortSignal) => Promise<void>
}

/**
 * A server that listens.
 * @throws FlambeError `UNAVAILABLE` where the port is taken, or the address is none of this machine; `DENIED`.
 */
export async function listen(handle: Handler, options: ListenOptions): Promise<Listening> {
  const { settings } = options
  const server = nodeHttp().createServer({
    keepAliveTimeout: settings.keepAliveTimeout,
    headersTimeout: settings.headersTimeout,
    // A body that trickles in has as long as its answer.
    requestTimeout: settings.headersTimeout + settings.timeout,
    connectionsCheckingInterval: Math.min(1000, settings.headersTimeout),
  })
  server.maxConnections = settings.maxConnections
  // Node's own list of idle connections leaves out those that have not had a request.
  const answering = new Map<Duplex, ServerResponse | undefined>()
  const listener = createListener(handle, { ...options, answering })
  server.on('connection', (socket) => {
    answering.set(socket, undefined)
    socket.on('close', () => answering.delete(socket))
  })
  server.on('request', listener).on('checkContinue', listener)
  server.on('clientError', (error, socket) => refuse(socket, { error, outgoing: answering.get(socket) }))
  await bind(server, settings)
  // A connection that could not be taken, for want of descriptors: those that are there go on.
  server.on('error', ({ message }) =>
    options.observe({ type: 'log', level: 'error', message: `a connection could not be taken: ${message}` }),
  )
  const close = async (signal: AbortSignal) => {
    const closed = once(server, 'close')
    server.close()
    for (const [socket, outgoing] of answering) if (!outgoing) socket.destroy()
    if (signal.aborted) server.closeAllConnections()
    signal.addEventListener('abort', () => server.closeAllConnections())
    await closed
  }
  return { server, url: urlOf(server, settings), close }
}

async function bind(server: Server, { host, port }: ServeSettings): Promise<void> {
  server.listen({ host, port, backlog: 4096 })
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw bindFailure(cause, `${host}:${port}`)
  }
}

function bindFailure(cause: unknown, where: string): Error {
  switch (codeOf(cause)) {
    case 'EADDRINUSE':
      return new FlambeError('UNAVAILABLE', `${where} is taken: another process listens there`, {
        cause,
        hint: 'stop it, or choose another port with --port or FLAMBE_PORT; 0 takes a free one',
      })
    case 'EACCES':
      return new FlambeError('DENIED', `${where} may not be listened at`, {
        cause,
        hint: 'ports below 1024 need a privilege: choose another with --port or FLAMBE_PORT',
      })
    default:
      return new FlambeError('UNAVAILABLE', `${where} cannot be listened at: ${codeOf(cause)}`, { cause })
  }
}

function urlOf(server: Server, { host, port }: ServeSettings): string {
  const address = server.address()
  const actual = typeof address === 'object' && address ? address.port : port
  return `http://${host.includes(':') ? `[${host}]` : host}:${actual}`
}

const parserCodes: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-too-slow',
}

/** Answers what is no request, or none that ends, and closes the connection. */
function refuse(
  socket: Duplex,
  { error, outgoing }: { readonly error: Error; readonly outgoing: ServerResponse | undefined },
): void {
  const isHalfSent = outgoing?.headersSent === true
  if (codeOf(error) === 'ECONNRESET' || !socket.writable || isHalfSent) return void socket.destroy()
  const code = parserCodes[codeOf(error) ?? ''] ?? 'request-invalid'
  const { problem } = failure(code, 'reason' in error ? String(error.reason) : 'the request does not end')
  const body = problemText(problem, {})
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${nodeHttp().STATUS_CODES[problem.status]}`,
      'Connection: close',
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
    () => socket.destroy(),
  )
}
