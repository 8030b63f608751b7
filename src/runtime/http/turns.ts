import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Requests of one connection that may wait behind another; one with more is closed. */
const most = 1000

/**
 * Resolves when it is a request's turn. Node hands over all that comes pipelined, and stops reading only when answers
 * pile up, which they do not where each waits for its turn: without a limit one caller could fill the memory.
 */
export function createTurns(): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> {
  const waiting = new WeakMap<Duplex, number>()
  const add = (socket: Duplex, change: 1 | -1): number => {
    const count = (waiting.get(socket) ?? 0) + change
    waiting.set(socket, count)
    return count
  }
  return async ({ socket }, outgoing) => {
    if (add(socket, 1) > most) socket.destroy()
    await once(outgoing, 'socket')
    add(socket, -1)
  }
}
