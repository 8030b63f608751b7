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
export function send(
  outgoing: ServerResponse,
  { status, headers, body = '' }: ServeResponse,
  options: SendOptions,
): Promise<void> | undefined {
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
    outgoing.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': length })
    return sendWhole(outgoing, options.headOnly ? '' : body, options)
  }
  outgoing.writeHead(status, headers)
  return sendParts(outgoing, body, options)
}

function sendWhole(
  outgoing: ServerResponse,
  body: string | Uint8Array,
  { pause, until }: SendOptions,
): Promise<void> | undefined {
  if (until) {
    if (body.length > 0) outgoing.write(body)
    return until().then(() => void outgoing.end())
  }
  // Node sends a text in one piece with its headers, and bytes as a piece of their own, which costs more.
  if (typeof body !== 'string' && body.length < small) outgoing.end(latin1(body), 'latin1')
  else outgoing.end(body)
  const { socket } = outgoing
  // When it is over Node closes the connection; for the next request it sets the time of its own again.
  if (socket && socket.writableLength > 0) socket.setTimeout(pause)
  return undefined
}

async function sendParts(
  outgoing: ServerResponse,
  body: AsyncIterable<string | Uint8Array>,
  { pause }: SendOptions,
): Promise<void> {
  for await (const chunk of body) {
    if (outgoing.destroyed) break
    if (chunk.length > 0 && !outgoing.write(chunk)) await drained(outgoing, pause)
  }
  outgoing.end()
}

/** Bytes that are cheap to copy. */
const small = 16_384

const latin1 = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('latin1')

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
