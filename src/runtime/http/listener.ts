import type { IncomingMessage, ServerResponse } from 'node:http'
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
  const { observe } = options
  const turn = createTurns()
  const joint = { ...options, deadlines: createDeadlines() }
  const listener = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    // It came pipelined, behind another: its turn is when that has its answer.
    if (!outgoing.socket) await turn(incoming, outgoing)
    const begun = { at: Date.now(), clock: performance.now() }
    const caller = new Caller()
    let reply: Reply | undefined
    const tell = (ended: Reply) =>
      observe(answered(ended, { begun, method: incoming.method ?? '', outgoing }))
    const { socket } = incoming
    options.answering.set(socket, outgoing)
    outgoing.on('close', () => {
      if (options.answering.get(socket) === outgoing) options.answering.set(socket, undefined)
      if (!outgoing.writableFinished) caller.leave()
      if (reply) tell(reply)
    })
    reply = await handle(requestOf(incoming, outgoing, { joint, caller, received: begun.clock }))
    if (outgoing.closed) tell(reply)
    await answer(incoming, outgoing, { reply, joint })
  }
  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    listener(incoming, outgoing).catch((error: Error) => {
      outgoing.destroy()
      observe({ type: 'log', level: 'error', message: `an answer could not be sent: ${error.stack}` })
    })
  }
}

type Joint = ListenerOptions & { readonly deadlines: Deadlines }

function requestOf(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { joint, caller, received }: { readonly joint: Joint; readonly caller: Caller; readonly received: number },
): ServeRequest {
  const { method = '', url = '', headers } = incoming
  return {
    method,
    path: pathOf(url),
    headers,
    received,
    signal: caller,
    body: () =>
      readBody(incoming, {
        limit: joint.settings.bodyLimit,
        pause: joint.settings.bodyTimeout,
        received,
        deadlines: joint.deadlines,
        proceed: headers.expect === undefined ? undefined : () => outgoing.writeContinue(),
      }),
  }
}

/** The path of a request's target; one that goes through a proxy may name the server before it. */
function pathOf(target: string): string {
  const query = target.indexOf('?')
  const path = query === -1 ? target : target.slice(0, query)
  // https://www.rfc-editor.org/rfc/rfc9112#name-absolute-form
  return path.startsWith('/') ? path : path.replace(/^https?:\/\/[^/]*\/?/i, '/')
}

function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { reply, joint: { settings, isClosing } }: { readonly reply: Reply; readonly joint: Joint },
): Promise<void> | undefined {
  const isUnread = !incoming.complete
  if (isUnread || isClosing()) outgoing.shouldKeepAlive = false
  return send(outgoing, reply, {
    pause: settings.bodyTimeout,
    headOnly: incoming.method === 'HEAD',
    until: isUnread && incoming.headers.expect === undefined ? () => linger(incoming) : undefined,
  })
}

function answered(
  { context: { id, route, traceparent, parent }, status, timings, problem }: Reply,
  {
    begun,
    method,
    outgoing,
  }: { begun: { at: number; clock: number }; method: string; outgoing: ServerResponse },
) {
  return {
    type: 'answered',
    id,
    route,
    method,
    // nginx's number for a caller who left.
    status: outgoing.writableFinished ? status : 499,
    started: begun.at,
    milliseconds: performance.now() - begun.clock,
    timings,
    problem: problem?.(),
    traceparent,
    parent,
  } as const
}
