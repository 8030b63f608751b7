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

/** Bytes of a body up to which it is cheaper to copy it than to write twice. */
const oneWrite = 16_384

/** Writes an answer, no faster than the caller reads it. */
export async function send(
  outgoing: ServerResponse,
  { status, headers, body = '' }: ServeResponse,
  { pause, headOnly, until }: SendOptions,
): Promise<void> {
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const { byteLength } = bytes
    outgoing.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': byteLength })
    const isBare = headOnly || byteLength === 0
    if (until) {
      if (!isBare) outgoing.write(bytes)
      await until()
      outgoing.end()
    } else if (isBare) outgoing.end()
    else if (byteLength > oneWrite) outgoing.end(bytes)
    // Node sends a text with the head in one write, and bytes in another; in Latin-1 a character is a byte.
    else outgoing.end(Buffer.from(bytes.buffer, bytes.byteOffset, byteLength).toString('latin1'), 'latin1')
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
