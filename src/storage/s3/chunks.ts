import type { IncomingMessage, OutgoingMessage } from 'node:http'
import type { Readable } from 'node:stream'

/*
 * A gigabyte comes and goes in thousands of chunks, each in memory of its own outside of the heap. The collector, who
 * would find what is not used any more, looks through the whole heap for every few of them: that is up to half of all
 * work, and some 60 MB more. So here the memory of a chunk is given back as soon as nobody needs it.
 */

/** Reads the body of an answer; a chunk is good during the call of `take` only. */
export async function takeChunks(
  body: IncomingMessage,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const { socket } = body
  const read = new WeakSet<ArrayBufferLike>()
  // What the socket has read can go too, where Node's parser of HTTP copies what it gives: it does, but no document says so.
  let copies = false
  // The parser has seen the bytes by now: its own listener was there before.
  const parsed = (bytes: Uint8Array) => {
    if (copies) free(bytes)
    else read.add(bytes.buffer)
  }
  socket.on('data', parsed)
  // From then on it may serve another request, whose parser comes after this listener.
  body.once('end', () => socket.off('data', parsed))
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    copies ||= isWhole(chunk) && !read.has(chunk.buffer)
    await take(chunk)
    free(chunk)
  }
}

/** Sends what a stream reads, each chunk when the one before has left this process, and ends the request. */
export async function giveChunks(from: Readable, request: OutgoingMessage): Promise<void> {
  request.once('close', () => from.destroy())
  try {
    for await (const chunk of from as AsyncIterable<Uint8Array>) {
      await new Promise<void>((resolve, reject) => {
        request.write(chunk, (error) => (error ? reject(error) : resolve()))
      })
      free(chunk)
    }
    request.end()
  } catch (error) {
    request.destroy(error instanceof Error ? error : undefined)
  }
}

/** Gives the memory of bytes back that nobody reads any more; not where other bytes lie in it too. */
export function free(bytes: Uint8Array): void {
  if (isWhole(bytes) && bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0)
}

function isWhole({ buffer, byteLength }: Uint8Array): boolean {
  return buffer.byteLength === byteLength
}
