import { randomUUID } from 'node:crypto'
import type { Progress } from '../../progress.ts'
import type { Blob, Image } from '../image.ts'
import { layerName } from '../layer-name.ts'

export type Going = {
  /** Digests of layers that are there already. */
  readonly omit: ReadonlySet<string>
  /** Those that are on their way, and tell of it themselves. */
  readonly begun: { readonly has: (digest: string) => boolean }
}

/** The same image; to read a layer of it is a step that counts its bytes, and a layer in `omit` is told to be there already. */
export function withSteps(image: Image, { omit, begun }: Going, progress: Progress): Image {
  const layers = image.layers.map((layer) => {
    if (begun.has(layer.digest)) return layer
    if (!omit.has(layer.digest)) return telling(layer, { title: layerName(layer), progress })
    const id = randomUUID()
    progress({ type: 'step', id, title: layerName(layer), total: layer.size })
    progress({ type: 'done', id, note: 'exists' })
    return layer
  })
  return { ...image, layers }
}

type Telling = {
  readonly title: string
  /** Why it may end early without a failure. */
  readonly unless?: string
  readonly progress: Progress
}

/** The same; to read it is a step. */
export function telling<T extends Pick<Blob, 'size' | 'open'>>(
  layer: T,
  { title, unless, progress }: Telling,
): T {
  return {
    ...layer,
    async *open(options) {
      const id = randomUUID()
      let isWhole = false
      progress({ type: 'step', id, title, total: layer.size })
      try {
        for await (const chunk of layer.open(options)) {
          yield chunk
          progress({ type: 'bytes', id, count: chunk.length })
        }
        isWhole = true
      } finally {
        if (isWhole) progress({ type: 'done', id })
        else progress(unless ? { type: 'done', id, note: unless } : { type: 'failed', id })
      }
    },
  }
}
