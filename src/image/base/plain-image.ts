import { jsonBlob } from '../assemble/json-blob.ts'
import type { Descriptor, Image, ImagePlatform, Layer } from '../image.ts'

export type PlainOptions = {
  readonly platform: ImagePlatform
  /** `NAME=VALUE`. */
  readonly env: readonly string[]
  /** What made each layer, for people. */
  readonly history: readonly string[]
}

/** An image of layers and hardly more: https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md */
export function plainImage(layers: readonly Layer[], { platform, env, history }: PlainOptions): Image {
  const created = '1970-01-01T00:00:01Z'
  const config = jsonBlob('application/vnd.oci.image.config.v1+json', {
    ...platform,
    created,
    config: { Env: env },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: history.map((line) => ({ created, created_by: line })),
  })
  return { platform, layers, config, manifest: plainManifest(layers, config) }
}

/** The manifest of an image that came without one. */
export function plainManifest(layers: readonly Layer[], config: Descriptor): Image['manifest'] {
  const descriptor = ({ mediaType, digest, size }: Descriptor) => ({ mediaType, digest, size })
  return jsonBlob('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor(config),
    layers: layers.map(descriptor),
  })
}
