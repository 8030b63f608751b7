import { FlambeError } from '../../errors.ts'
import type { Image, ImageIndex } from '../image.ts'
import { formatPlatform } from '../registry/platform.ts'
import { jsonBlob } from './json-blob.ts'

/**
 * One name for images of several platforms, of which each engine takes its own; in the order given. Throws `IMAGE_INVALID` for two of the same platform.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md
 */
export function assembleIndex(images: readonly Image[]): ImageIndex {
  const platforms = images.map(({ platform }) => formatPlatform(platform))
  if (new Set(platforms).size < images.length) {
    throw new FlambeError(
      'IMAGE_INVALID',
      `two of the images are for one platform: ${platforms.join(', ')}`,
      {
        hint: 'name each platform once: without a variant of its own in the base, linux/arm64/v8 is linux/arm64',
      },
    )
  }
  const json = {
    schemaVersion: 2,
    mediaType,
    manifests: images.map(({ platform, manifest }) => ({
      mediaType: manifest.mediaType,
      digest: manifest.digest,
      size: manifest.size,
      platform,
    })),
  }
  return { images, index: jsonBlob(mediaType, json) }
}

const mediaType = 'application/vnd.oci.image.index.v1+json'
