import type { IncomingMessage } from 'node:http'

/**
 * Resolves when the rest of a request has come, or after a while: to close a connection with unread bytes in it
 * resets it, and the caller may lose an answer that says why its body is not wanted.
 */
export function linger(incoming: IncomingMessage, milliseconds = 1000): Promise<void> {
  return new Promise((resolve) => {
    if (incoming.destroyed) return resolve()
    const done = () => {
      clearTimeout(timer)
      incoming.off('end', done).off('close', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    incoming.on('end', done).on('close', done).resume()
  })
}
