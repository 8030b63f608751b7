import type { Image, ImagePlatform, Layer } from '../../../src/image/index.ts'
import { imageOf, layerOf, tarOf } from './images.ts'

/** An image as node's own: a program of that name, and the version in the config. */
export function nodeImage({
  version = '24.1.0',
  platform,
}: {
  version?: string
  platform?: ImagePlatform
} = {}): Image {
  const env = [`NODE_VERSION=${version}`, 'PATH=/usr/local/sbin:/usr/local/bin:/usr/bin']
  return imageOf([nodeLayer('usr/local/bin/node')], { env, ...(platform && { platform }) })
}

/** A layer with a program at that path. */
export function nodeLayer(path: string, options: { gzip?: boolean } = {}): Layer {
  return layerOf(tarOf(path, Buffer.from('#!')), { title: 'base', ...options })
}
