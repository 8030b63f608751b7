import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { answer, type Fault, failure, type Seen } from './fault.ts'
import type { MemoryRegistry } from './memory.ts'

export type Call = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly seen: Seen
  readonly fault: Fault | undefined
}

type Upload = { readonly chunks: Buffer[]; size: number; firstChunk?: number }

/** The uploads of a registry in memory. */
export class MemoryUploads {
  readonly #registry: MemoryRegistry
  readonly #uploads = new Map<string, Upload>()

  constructor(registry: MemoryRegistry) {
    this.#registry = registry
  }

  async handle(call: Call, name: string, id: string): Promise<void> {
    const { response, url, seen } = call
    if (seen.method === 'POST') return await this.#begin(call, name)
    const upload = this.#uploads.get(id)
    const { isResumable } = this.#registry.personality
    // The state is what must not be lost of a Location.
    if (!upload || !url.searchParams.has('state') || (seen.method === 'GET' && !isResumable)) {
      return answer(response, 404, { body: failure('BLOB_UPLOAD_UNKNOWN', 'upload unknown') })
    }
    if (seen.method === 'GET') {
      const range = `0-${Math.max(0, upload.size - 1)}`
      return answer(response, 204, { headers: { ...this.#location(name, id), range } })
    }
    await (seen.method === 'PATCH' ? this.#patch(call, name, id) : this.#put(call, name, id))
  }

  async #begin({ response, url }: Call, name: string): Promise<void> {
    const { mounts = 'yes', longestChunk } = this.#registry.personality
    const digest = url.searchParams.get('mount')
    const from = url.searchParams.get('from')
    if (digest && mounts === 'fails') {
      return answer(response, 400, { body: failure('BLOB_UPLOAD_INVALID', 'mount') })
    }
    if (digest && from && mounts === 'yes' && this.#registry.hasBlob(from, digest)) {
      this.#registry.repository(name).blobs.add(digest)
      return answer(response, 201, { headers: { location: `/v2/${name}/blobs/${digest}` } })
    }
    const id = randomUUID()
    this.#uploads.set(id, { chunks: [], size: 0 })
    const longest = longestChunk ? { 'oci-chunk-max-length': `${longestChunk}` } : {}
    answer(response, 202, { headers: { ...this.#location(name, id), ...longest } })
  }

  async #patch(call: Call, name: string, id: string): Promise<void> {
    const { request, response } = call
    const { longestPatch, longestChunk, isMonolithic, hasStuckRange } = this.#registry.personality
    const upload = this.#upload(id)
    const length = Number(request.headers['content-length'])
    const [, start, end] = /^(\d+)-(\d+)$/.exec(request.headers['content-range'] ?? '') ?? []
    const isWrong = Number(start) !== upload.size || Number(end) - Number(start) + 1 !== length
    const isLong = length > (longestPatch ?? longestChunk ?? Number.POSITIVE_INFINITY)
    if (isMonolithic || isWrong || isLong) {
      return answer(response, isMonolithic ? 405 : 416, { body: failure('BLOB_UPLOAD_INVALID', 'range') })
    }
    await append(call, upload)
    upload.firstChunk ??= upload.size
    const told = hasStuckRange ? upload.firstChunk : upload.size
    const headers = { ...this.#location(name, id), range: `0-${told - 1}` }
    answer(response, hasStuckRange ? 201 : 202, { headers })
  }

  async #put(call: Call, name: string, id: string): Promise<void> {
    const { request, response, url } = call
    if (this.#registry.personality.isPatchOnly && Number(request.headers['content-length'] ?? 0) > 0) {
      return answer(response, 400, { body: failure('UNSUPPORTED', 'use PATCH') })
    }
    const upload = this.#upload(id)
    await append(call, upload)
    this.#uploads.delete(id)
    const hash = createHash('sha256')
    for (const chunk of upload.chunks) hash.update(chunk)
    const digest = `sha256:${hash.digest('hex')}`
    if (digest !== url.searchParams.get('digest')) {
      return answer(response, 400, { body: failure('DIGEST_INVALID', digest) })
    }
    this.#registry.blobs.set(digest, Buffer.concat(upload.chunks))
    this.#registry.repository(name).blobs.add(digest)
    answer(response, 201, {
      headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest },
    })
  }

  #upload(id: string): Upload {
    return this.#uploads.get(id) ?? { chunks: [], size: 0 }
  }

  #location(name: string, id: string): { location: string } {
    const { personality, origin } = this.#registry
    const root = personality.hasRelativeLocations ? '' : origin
    return { location: `${root}/v2/${name}/blobs/uploads/${id}?state=${randomUUID()}` }
  }
}

export async function readBody({ request, seen }: Call): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  seen.bytes = bytes.length
  return bytes
}

/** Keeps what arrives, also of a body that breaks off: that is what can be resumed. */
async function append({ request, seen, fault }: Call, upload: Upload): Promise<void> {
  for await (const chunk of request as AsyncIterable<Buffer>) {
    const left = (fault?.resetAfter ?? Number.POSITIVE_INFINITY) - seen.bytes
    const kept = chunk.subarray(0, Math.max(0, Math.min(chunk.length, left)))
    upload.chunks.push(Buffer.from(kept))
    upload.size += kept.length
    seen.bytes += kept.length
    if (kept.length < chunk.length) request.socket.destroy()
  }
}
