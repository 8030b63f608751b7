import type { ServerResponse } from 'node:http'
import type { ServeResponse } from './message.ts'

export type SendOptions = {
  /** Milliseconds in which the caller must take something of what is ready. */
  readonly pause: number
  /** Without the body: for `HEAD`. */
  readonly headOnly: boolean
  /** What to wait for before the connection may close. */
  readonly until?: (() => Promise<void>) | undefined
}

/** Writes an answer, no faster than the caller reads it. */
export async function send(
  outgoing: ServerResponse,
  { status, headers, body = '' }: ServeResponse,
  { pause, headOnly, until }: SendOptions,
): Promise<void> {
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
    outgoing.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': length })
    const rest = headOnly || length === 0 ? undefined : body
    if (until) {
      if (rest) outgoing.write(rest)
      await until()
      outgoing.end()
    } else outgoing.end(rest)
    const { socket } = outgoing
    // Node sets the time of its own again for the next request of the connection.
    if (socket && socket.writableLength > 0) socket.setTimeout(pause, () => socket.destroy())
    return
  }
  outgoing.writeHead(status, headers)
  for await (const chunk of body) {
    if (outgoing.destroyed) break
    if (chunk.length > 0 && !outgoing.write(chunk)) await drained(outgoing, pause)
  }
  outgoing.end()
}

/** Resolves when the caller has read on or left; one who does neither for too long is cut off. */
function drained(outgoing: ServerResponse, pause: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      outgoing.off('drain', done).off('close', done)
      resolve()
    }
    const timer = setTimeout(() => outgoing.destroy(), pause)
    outgoing.on('drain', done).on('close', done)
  })
}
