import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib'
import { codeOf } from '../../files/index.ts'
import type { Deadlines } from '../backend/deadlines.ts'
import { failure } from '../problems.ts'

export type BodyLimits = {
  /** Bytes, as sent and decompressed. */
  readonly limit: number
  /** Milliseconds without a byte. */
  readonly pause: number
  /** When the request came; on the clock of `performance.now()`. */
  readonly received: number
  readonly deadlines: Deadlines
  /** Called when nothing speaks against the body: tells a caller who asked to send it. */
  readonly proceed?: (() => void) | undefined
}

/**
 * The whole body of a request, decompressed. One that says itself that it is too large is refused unread.
 * Rejects with a `ServeFailure`, or throws it where the body is not read.
 */
export function readBody(incoming: IncomingMessage, limits: BodyLimits): Promise<Uint8Array> {
  const { 'content-length': length, 'content-encoding': encoding } = incoming.headers
  const decompress = encoding === undefined ? undefined : decompressorOf(encoding)
  if (length !== undefined && Number(length) > limits.limit) throw tooLarge(limits)
  limits.proceed?.()
  const gathered = gather(incoming, limits)
  return decompress ? gathered.then((body) => decompress(body, limits)) : gathered
}

function gather(incoming: IncomingMessage, limits: BodyLimits): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const expected = Number(incoming.headers['content-length'])
    let size = 0
    const waiting = { deadline: limits.received + limits.pause, expire: () => fail(tooSlow(limits)) }
    limits.deadlines.add(waiting)
    const fail = (error: Error) => {
      limits.deadlines.delete(waiting)
      incoming.removeAllListeners('data')
      reject(error)
    }
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limits.limit) return fail(tooLarge(limits))
      chunks.push(chunk)
      // Most bodies come in one piece, and wait for nothing more.
      if (size !== expected) waiting.deadline = performance.now() + limits.pause
    })
    incoming.on('end', () => {
      limits.deadlines.delete(waiting)
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size))
    })
    incoming.on('error', () => fail(failure('cancelled', 'the body broke off')))
  })
}

type Decompress = (body: Uint8Array, limits: BodyLimits) => Promise<Uint8Array>

/** Each stops at the limit, whatever the data would expand to. */
const decompressors = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
} as const

function decompressorOf(encoding: string): Decompress | undefined {
  const name = encoding.trim().toLowerCase()
  if (name === 'identity') return undefined
  if (!Object.hasOwn(decompressors, name)) {
    throw failure(
      'content-encoding-unsupported',
      `"${name.slice(0, 40)}" is none of ${Object.keys(decompressors).join(', ')}`,
    )
  }
  const run = decompressors[name as keyof typeof decompressors]
  return async (body, limits) => {
    try {
      return await run(body, { maxOutputLength: limits.limit })
    } catch (cause) {
      if (codeOf(cause) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limits)
      throw failure('body-invalid', `it is not ${name}`, { cause })
    }
  }
}

function tooLarge({ limit }: BodyLimits) {
  return failure('body-too-large', `a body has at most ${limit} bytes, after decompression too`)
}

function tooSlow({ pause }: BodyLimits) {
  return failure('request-too-slow', `no byte of the body came for ${pause / 1000} s`)
}
