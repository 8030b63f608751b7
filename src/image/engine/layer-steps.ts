import { randomUUID } from 'node:crypto'
import type { Progress } from '../../progress.ts'
import type { Image, Layer } from '../image.ts'
import { layerName } from '../layer-name.ts'

/** The same image; to read a layer of it is a step that counts its bytes, and a layer in `omit` is told to be there already. */
export function withSteps(image: Image, omit: ReadonlySet<string>, progress: Progress): Image {
  const layers = image.layers.map((layer) => {
    if (!omit.has(layer.digest)) return telling(layer, progress)
    const id = randomUUID()
    progress({ type: 'step', id, title: layerName(layer), total: layer.size })
    progress({ type: 'done', id, note: 'exists' })
    return layer
  })
  return { ...image, layers }
}

function telling(layer: Layer, progress: Progress): Layer {
  return {
    ...layer,
    async *open(options) {
      const id = randomUUID()
      let isWhole = false
      progress({ type: 'step', id, title: layerName(layer), total: layer.size })
      try {
        for await (const chunk of layer.open(options)) {
          yield chunk
          progress({ type: 'bytes', id, count: chunk.length })
        }
        isWhole = true
      } finally {
        progress({ type: isWhole ? 'done' : 'failed', id })
      }
    },
  }
}
