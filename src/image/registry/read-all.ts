import type { Readable } from 'node:stream'

/** Registries must take manifests of 4 MiB; no manifest, token or error that we can use is larger than twice that. */
const most = 2 ** 23

/** A body in memory. A larger one is cut off by an error, whatever its headers say. */
export async function readAll(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > most) throw Object.assign(new Error('a body is too long'), { code: 'ERR_STREAM_TOO_LONG' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}
