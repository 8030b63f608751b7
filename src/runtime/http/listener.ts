import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { createDeadlines, type Deadlines } from '../backend/deadlines.ts'
import type { Observe } from '../observe.ts'
import type { ServeSettings } from '../settings.ts'
import { Caller } from './caller.ts'
import { linger } from './linger.ts'
import type { Handler, Reply, ServeRequest } from './message.ts'
import { readBody } from './read-body.ts'
import { send } from './send.ts'
import { createTurns } from './turns.ts'

export type ListenerOptions = {
  readonly settings: Pick<ServeSettings, 'bodyLimit' | 'bodyTimeout'>
  readonly observe: Observe
  /** True when connections should not be used again. */
  readonly isClosing: () => boolean
  /**
   * Kept by the listener: the answer that each open connection is at. Only connections are added and taken away: see
   * backend/churn.ts.
   */
  readonly answering: Map<Duplex, ServerResponse | undefined>
}

/** What joins a handler to the sockets of node:http. */
export function createListener(handle: Handler, options: ListenerOptions) {
  const turn = createTurns()
  const joint = { ...options, deadlines: createDeadlines() }
  const begin = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const exchange = new Exchange(incoming, outgoing, joint)
    return handle(exchange).then((reply) => exchange.answer(reply))
  }
  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    // Without a socket it came pipelined, behind another: its turn is when that has its answer.
    const answered = outgoing.socket
      ? begin(incoming, outgoing)
      : turn(incoming, outgoing).then(() => begin(incoming, outgoing))
    answered.catch((error: Error) => {
      outgoing.destroy()
      const message = `an answer could not be sent: ${error.stack}`
      options.observe({ type: 'log', level: 'error', message })
    })
  }
}

type Joint = ListenerOptions & { readonly deadlines: Deadlines }

/** A request and its answer on a connection. */
class Exchange implements ServeRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly received = performance.now()
  readonly signal = new Caller()
  readonly #started = Date.now()
  readonly #incoming: IncomingMessage
  readonly #outgoing: ServerResponse
  readonly #joint: Joint
  #reply: Reply | undefined

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, joint: Joint) {
    const { method = '', url = '', headers, socket } = incoming
    this.method = method
    this.path = pathOf(url)
    this.headers = headers
    this.#incoming = incoming
    this.#outgoing = outgoing
    this.#joint = joint
    joint.answering.set(socket, outgoing)
    outgoing.on('close', () => {
      if (joint.answering.get(socket) === outgoing) joint.answering.set(socket, undefined)
      if (!outgoing.writableFinished) this.signal.leave()
      if (this.#reply) this.#tell(this.#reply)
    })
  }

  body(): Promise<Uint8Array> {
    const { settings, deadlines } = this.#joint
    return readBody(this.#incoming, {
      limit: settings.bodyLimit,
      pause: settings.bodyTimeout,
      received: this.received,
      deadlines,
      proceed: this.headers.expect === undefined ? undefined : () => this.#outgoing.writeContinue(),
    })
  }

  answer(reply: Reply): Promise<void> | undefined {
    const { settings, isClosing } = this.#joint
    const incoming = this.#incoming
    const outgoing = this.#outgoing
    if (outgoing.closed) this.#tell(reply)
    this.#reply = reply
    const isUnread = !incoming.complete
    if (isUnread || isClosing()) outgoing.shouldKeepAlive = false
    return send(outgoing, reply, {
      pause: settings.bodyTimeout,
      headOnly: this.method === 'HEAD',
      until: isUnread && this.headers.expect === undefined ? () => linger(incoming) : undefined,
    })
  }

  #tell({ context: { id, route, traceparent, parent }, status, timings, problem }: Reply): void {
    this.#joint.observe({
      type: 'answered',
      id,
      route,
      method: this.method,
      // nginx's number for a caller who left.
      status: this.#outgoing.writableFinished ? status : 499,
      started: this.#started,
      milliseconds: performance.now() - this.received,
      timings,
      problem: problem?.(),
      traceparent,
      parent,
    })
  }
}

/** The path of a request's target; one that goes through a proxy may name the server before it. */
function pathOf(target: string): string {
  const query = target.indexOf('?')
  const path = query === -1 ? target : target.slice(0, query)
  // https://www.rfc-editor.org/rfc/rfc9112#name-absolute-form
  return path.startsWith('/') ? path : path.replace(/^https?:\/\/[^/]*\/?/i, '/')
}
