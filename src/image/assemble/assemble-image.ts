import { FlambeError } from '../../errors.ts'
import type { Base, Descriptor, Image, ImagePlatform, Layer } from '../image.ts'
import type { ContainerConfig } from '../plan/image-plan.ts'
import { formatPlatform, isPlatform } from '../registry/platform.ts'
import { parseBaseConfig } from './base-config.ts'
import { imageConfig } from './image-config.ts'
import { jsonBlob } from './json-blob.ts'

export type AssembleOptions = {
  readonly base: Base
  /** What is put on it, bottom first. */
  readonly layers: readonly Layer[]
  readonly config: ContainerConfig
  readonly platform: ImagePlatform
  /** RFC 3339. */
  readonly created: string
}

/** containerd and overlayfs take no more: https://github.com/moby/moby/blob/v28.0.0/layer/layer_store.go */
const mostLayers = 125

/**
 * An image of a base and layers on it. Reads nothing: the same parts make the same bytes.
 * @throws FlambeError `IMAGE_INVALID` where the base is for another platform, or has too many layers.
 */
export function assembleImage({ base, layers, config, platform, created }: AssembleOptions): Image {
  const of = base.name ?? 'the base'
  if (!isPlatform(base.image.platform, platform)) {
    const [has, wanted] = [formatPlatform(base.image.platform), formatPlatform(platform)]
    throw invalid(
      `${of} is for ${has}, and the image is to be for ${wanted}`,
      'choose another base or platform',
    )
  }
  const all = [...base.image.layers.map(asOci), ...layers]
  if (all.length > mostLayers) {
    const problem = `${of} has ${base.image.layers.length} layers and the component ${layers.length}: together more than ${mostLayers}`
    throw invalid(problem, 'choose a base with fewer layers')
  }
  const below = parseBaseConfig(base.image)
  const configBlob = jsonBlob(
    'application/vnd.oci.image.config.v1+json',
    imageConfig({ base: below, layers: all, own: layers, config, platform: base.image.platform, created }),
  )
  const manifest = jsonBlob('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptorOf(configBlob),
    layers: all.map(descriptorOf),
    annotations: Object.fromEntries(
      Object.entries(config.labels).filter(([name]) => name.startsWith('org.opencontainers.')),
    ),
  })
  return { platform: base.image.platform, layers: all, config: configBlob, manifest }
}

/** A manifest may not mix the types of Docker and of OCI; they mean the same bytes. */
function asOci(layer: Layer): Layer {
  const docker = 'application/vnd.docker.image.rootfs.diff.tar'
  if (!layer.mediaType.startsWith(docker)) return layer
  const compression = layer.mediaType.slice(docker.length).replace('.', '+')
  return { ...layer, mediaType: `application/vnd.oci.image.layer.v1.tar${compression}` }
}

function descriptorOf({ mediaType, digest, size, annotations }: Descriptor): Descriptor {
  return { mediaType, digest, size, ...(annotations && { annotations }) }
}

function invalid(problem: string, hint: string): FlambeError {
  return new FlambeError('IMAGE_INVALID', problem, { hint })
}
