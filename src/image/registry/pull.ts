import { silent, step } from '../../progress.ts'
import type { Descriptor, Image, ImagePlatform, Layer } from '../image.ts'
import { layerName } from '../layer-name.ts'
import { isCached, readBlob } from './blob-cache.ts'
import { fetchBlob } from './blob-fetch.ts'
import { getBlob } from './blobs.ts'
import { cachePaths } from './cache.ts'
import { connect } from './connect.ts'
import { parseConfig } from './manifest-json.ts'
import type { RegistryOptions } from './options.ts'
import { isPlatform } from './platform.ts'
import { parseReference } from './reference.ts'
import { cachedBlob, noPlatform, notAnImage, notCached, resolveManifest, type Source } from './resolve.ts'

/** How to reach the registry, and which image of it, as of when. */
export type PullOptions = RegistryOptions & {
  readonly cacheDirectory: string
  /** Which image of an index: Linux on this machine's processor if left out. An image for another platform is refused. */
  readonly platform?: ImagePlatform
  /** Ask nobody: what is not in the cache is an error. */
  readonly offline?: boolean
  /** Milliseconds that a tag is believed to point where it did when last asked. Default 0: ask each time. */
  readonly maxAge?: number
}

/**
 * An image in a registry. A tag is resolved by HEAD; manifest and config come from the cache where it has them. A layer is downloaded into the cache
 * when it is first opened, by ranges where an earlier download broke off, and never if the image is only pushed to the registry that it came from.
 * Throws `REFERENCE_INVALID`, `DENIED`, `UNAVAILABLE` (not there, not for that platform, not what its digest says, not in the cache when offline), `DISK_FULL`.
 */
export async function pullImage(from: string, options: PullOptions): Promise<Image> {
  const { platform: wanted, cacheDirectory, offline = false, maxAge = 0, progress, signal } = options
  const reference = parseReference(from)
  const registry = await connect(reference, options)
  const paths = cachePaths(cacheDirectory)
  const source: Source = { registry, reference, paths, offline, maxAge, progress, signal }
  const { manifest, json } = await resolveManifest(source, wanted)
  const place = { registry, repository: reference.repository }
  const bytes = await cachedBlob(source, json.config.digest, () => getBlob(place, json.config))
  const config = parseConfig(bytes)
  if (!config) throw notAnImage(source, `a manifest with a config of ${json.config.mediaType}`)
  if (config.diffIds.length !== json.layers.length) {
    throw notAnImage(
      source,
      `a manifest of ${json.layers.length} layers with a config of ${config.diffIds.length}`,
    )
  }
  if (wanted && !isPlatform(config.platform, wanted)) throw noPlatform(source, wanted, [config])
  return {
    platform: config.platform,
    manifest,
    config: { ...json.config, bytes },
    layers: json.layers.map((layer, index) => remoteLayer(source, layer, config.diffIds[index] ?? '')),
  }
}

function remoteLayer(source: Source, descriptor: Descriptor, diffId: string): Layer {
  const { registry, reference, paths } = source
  const { repository } = reference
  const path = paths.blob(descriptor.digest)
  let flight: Promise<void> | undefined
  const layer: Layer = {
    ...descriptor,
    diffId,
    title: 'base',
    origin: { registry: registry.name, repository },
    async *open(options = {}) {
      if (!(await isCached(path, descriptor))) {
        // Several readers of one layer wait for one download.
        flight ??= download(source, layer, path).finally(() => {
          flight = undefined
        })
        await flight
      }
      yield* readBlob(path, descriptor, options)
    },
  }
  return layer
}

async function download(
  { registry, reference, offline, ...source }: Source,
  layer: Layer,
  path: string,
): Promise<void> {
  if (offline) throw notCached({ reference }, layer.digest)
  const { progress = silent, signal } = source
  const title = `downloading ${layerName(layer)}`
  await step(progress, { title, total: layer.size }, async (id) => {
    const onBytes = (count: number) => progress({ type: 'bytes', id, count })
    await fetchBlob({ registry, repository: reference.repository, blob: layer }, path, { signal, onBytes })
  })
}
