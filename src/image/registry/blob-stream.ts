import { createHash } from 'node:crypto'
import type { Descriptor } from '../image.ts'
import type { HttpResponse } from './exchange.ts'
import { RegistryError } from './failure.ts'
import type { Registry } from './registry.ts'
import { pause } from './retry.ts'

export type BlobPlace = { readonly registry: Registry; readonly repository: string }

export type StreamOptions = {
  readonly start?: number
  readonly signal?: AbortSignal | undefined
}

const mostFailures = 5

/** The bytes of a blob from `start` on. A connection that breaks is taken up again where it was. Exactly as many bytes as the descriptor says, or an error. */
export async function* streamBlob(
  { registry, repository }: BlobPlace,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  { start = 0, signal }: StreamOptions = {},
): AsyncGenerator<Uint8Array> {
  const request = { repository, step: `downloading ${digest}`, signal }
  let offset = start
  for (let failures = 0; offset < size; ) {
    try {
      const response = await registry.send({
        ...request,
        method: 'GET',
        target: `blobs/${digest}`,
        ...(offset > 0 && { headers: { range: `bytes=${offset}-${size - 1}` } }),
        expect: [200, 206],
      })
      for await (const chunk of from(response, offset)) {
        if (offset + chunk.length > size) throw altered(registry, digest, `has more than ${size} bytes`)
        offset += chunk.length
        failures = 0
        yield chunk
      }
      if (offset < size) throw Object.assign(new Error('the body ended early'), { code: 'ECONNRESET' })
    } catch (thrown) {
      const error = registry.failure(thrown, request)
      failures++
      const isHopeless = !(error instanceof RegistryError) || !error.temporary || failures >= mostFailures
      if (isHopeless) throw error
      await pause(error, failures, { ...registry.retries, signal })
    }
  }
}

/** Passes a whole blob on, its last bytes only if all are what the digest says. */
export async function* verified(
  { name }: Registry,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of bytes) {
    hash.update(chunk)
    length += chunk.length
    if (length === size) {
      const found = `sha256:${hash.copy().digest('hex')}`
      if (found !== digest) throw altered({ name }, digest, `is ${found}`)
    }
    yield chunk
  }
}

/** What came instead of a blob. */
export function altered({ name }: Pick<Registry, 'name'>, digest: string, how: string): RegistryError {
  return new RegistryError('UNAVAILABLE', `what the registry ${name} sent as ${digest} ${how}`, {
    hint: 'the registry, or something between it and here, altered it: try again, or ask the people who run it',
  })
}

/** A server that does not know ranges sends all from the start. */
async function* from({ status, headers, body }: HttpResponse, start: number): AsyncGenerator<Uint8Array> {
  const begin =
    status === 206 ? Number(/^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1] ?? start) : 0
  let skip = start - begin
  if (skip < 0) throw Object.assign(new Error('the answer begins too late'), { code: 'ERR_STREAM_RANGE' })
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    if (skip < chunk.length) yield skip > 0 ? chunk.subarray(skip) : chunk
    skip = Math.max(0, skip - chunk.length)
  }
}
