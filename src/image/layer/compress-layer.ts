import { createHash } from 'node:crypto'
import { FlambeError } from '../../errors.ts'
import { sha256 } from '../../files/index.ts'
import { silent, step } from '../../progress.ts'
import type { Layer } from '../image.ts'
import { isCached, readBlob } from '../registry/blob-cache.ts'
import { cachePaths, readJson, writeJson } from '../registry/cache.ts'
import { envelopeOf, layerTypes } from './compress.ts'
import { type CreateLayerOptions, parsePacked } from './create-layer.ts'
import { kept, type Packed } from './pack-layer.ts'

/**
 * A plain layer, compressed: engines give layers out plain, and what goes to a registry should be small. The bytes are kept by the layer's diffID, and
 * made again when they are read and the cache has lost them. A compressed layer is returned as it is.
 * @throws FlambeError `IMAGE_INVALID` where the layer's bytes are not what its diffID says.
 */
export async function compressLayer(
  layer: Layer,
  { cacheDirectory, progress = silent, signal }: Omit<CreateLayerOptions, 'hashCache'>,
): Promise<Layer> {
  if (layer.mediaType !== layerTypes.none) return layer
  const paths = cachePaths(cacheDirectory)
  const record = paths.layer(sha256(JSON.stringify([envelopeOf('gzip'), layer.diffId])))
  const compress = () =>
    step(
      progress,
      { title: `compress ${layer.title} ${layer.diffId.slice(0, 19)}`, total: layer.size },
      (id) => {
        const onBytes = (count: number) => progress({ type: 'bytes', id, count })
        return kept(verified(layer, { onBytes, signal }), { compression: 'gzip', blobPath: paths.blob })
      },
    )
  const packed: Omit<Packed, 'diffId'> = parsePacked(await readJson(record)) ?? (await compress())
  await writeJson(record, { diffId: layer.diffId, ...packed })
  const file = paths.blob(packed.digest)
  return {
    ...layer,
    mediaType: layerTypes.gzip,
    digest: packed.digest,
    size: packed.size,
    async *open(options = {}) {
      if (!(await isCached(file, packed))) await compress()
      yield* readBlob(file, packed, options)
    },
  }
}

type Verifying = { readonly onBytes: (count: number) => void; readonly signal?: AbortSignal | undefined }

async function* verified(layer: Layer, { onBytes, signal }: Verifying): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for await (const chunk of layer.open(signal ? { signal } : {})) {
    hash.update(chunk)
    onBytes(chunk.length)
    yield chunk
  }
  if (`sha256:${hash.digest('hex')}` === layer.diffId) return
  throw new FlambeError('IMAGE_INVALID', `a layer of the base is not what its config says: ${layer.diffId}`, {
    hint: 'the archive is damaged: write it again',
  })
}
