import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { FlambeError } from '../../errors.ts'
import { type Progress, silent } from '../../progress.ts'
import type { LayerAhead } from '../layer/layers-ahead.ts'
import { tarFile } from './archive.ts'
import { isLocal } from './endpoint.ts'
import type { Engine } from './engine.ts'
import { keepsBlobs } from './keeps-blobs.ts'
import { telling } from './layer-steps.ts'

/** A request to load an archive, of which not all need be known yet. It is broken off when this is disposed of. */
export type LoadRequest = AsyncDisposable & {
  /** What the archive begins with, by its name in it. */
  readonly layers: ReadonlyMap<string, LayerAhead>
  /** Counts what went out. */
  readonly sent: { bytes: number }
  /** Whether the engine waits for more. */
  readonly isOpen: () => boolean
  /** Sends the rest of the archive, and gives what the engine says. */
  readonly finish: (rest: AsyncIterable<Uint8Array>) => Promise<AsyncIterable<Uint8Array | string>>
}

export type LoadRequestOptions = {
  readonly engine: Engine
  readonly progress?: Progress
  readonly signal?: AbortSignal | undefined
  /** Counts on. */
  readonly sent?: LoadRequest['sent']
}

/**
 * Begins to give layers to the engine while their digests are being found: Docker unpacks an archive as a whole before it reads in it what it is, and forgets
 * one that breaks off. Undefined where that does not hold, or for an engine on another machine: on the way there bytes that it may turn out to have cost more
 * than a digest.
 */
export async function beginLoad(
  layers: readonly LayerAhead[],
  options: LoadRequestOptions,
): Promise<LoadRequest | undefined> {
  const { engine } = options
  if (layers.length === 0 || !isLocal(engine.address)) return undefined
  // What keeps it from telling is met when the image is sent.
  if (await keepsBlobs(engine).catch(() => true)) return undefined
  return openLoad(new Map(layers.map((layer, index) => [`layer-${index}.tar`, layer])), options)
}

/** Opens a request for an archive that begins with these layers. */
export function openLoad(layers: LoadRequest['layers'], options: LoadRequestOptions): LoadRequest {
  const { engine, signal, sent = { bytes: 0 } } = options
  const rest = Promise.withResolvers<AsyncIterable<Uint8Array>>()
  const stop = new AbortController()
  async function* body() {
    for await (const chunk of archive(layers, rest.promise, options)) {
      yield chunk
      sent.bytes += chunk.length
    }
  }
  const stream = Readable.from(body(), { objectMode: false })
  const abortSignal = AbortSignal.any([stop.signal, ...(signal ? [signal] : [])])
  const answer = engine.docker.loadImage(stream, { quiet: true, abortSignal })
  let isOpen = true
  const closed = () => {
    isOpen = false
  }
  // Why it failed is met by who finishes it.
  answer.then(closed, closed)
  stream.on('error', () => {})
  rest.promise.catch(() => {})
  return {
    layers,
    sent,
    isOpen: () => isOpen,
    finish: (chunks) => {
      rest.resolve(chunks)
      return answer
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      rest.reject(stop.signal.reason)
      stream.destroy()
      await Promise.allSettled([answer, finished(stream)])
    },
  }
}

async function* archive(
  layers: LoadRequest['layers'],
  rest: Promise<AsyncIterable<Uint8Array>>,
  { progress = silent, signal }: LoadRequestOptions,
): AsyncGenerator<Uint8Array> {
  for (const [name, layer] of layers) {
    const { size, open } = telling(layer, { title: `assets ${layer.path}`, unless: 'broken off', progress })
    yield* tarFile(name, { size, chunks: open({ borrow: true, ...(signal && { signal }) }) })
  }
  const last = await rest
  for (const { path, isSame } of layers.values()) if (!isSame()) throw changed(path)
  yield* last
}

function changed(path: string): FlambeError {
  return new FlambeError('SOURCE_INVALID', `the source of ${path} changed while it was sent`, {
    hint: 'build again once nothing writes to the files of the image',
  })
}
