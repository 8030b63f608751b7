import type { Image, Layer } from '../image.ts'
import { type DescribedImage, type LayerDescription, mostRead } from './description.ts'
import { layerContents } from './layer-contents.ts'
import { describeConfig } from './parse-config.ts'

/** Describes an image of a layout, an archive or a registry. Small layers that are not of the base are read. */
export async function describeImage(
  image: Image,
  { reference, signal }: { readonly reference: string; readonly signal?: AbortSignal | undefined },
): Promise<DescribedImage> {
  const { titles, ...described } = describeConfig(image.config.bytes)
  const layers: LayerDescription[] = []
  let artifact: Uint8Array | undefined
  for (const [index, layer] of image.layers.entries()) {
    const { title, isBase } = titles[index] ?? { title: 'unknown', isBase: true }
    const read = isRead(layer, isBase) ? await layerContents(layer, { signal }) : undefined
    artifact = read?.artifact ?? artifact
    const { digest, size } = layer
    layers.push({ title, isBase, digest, size, ...(read && { contents: read.contents }) })
  }
  const size = layers.reduce((sum, layer) => sum + layer.size, 0)
  const [id, digest] = [image.config.digest, image.manifest.digest]
  return { description: { reference, id, digest, ...described, size, layers }, ...(artifact && { artifact }) }
}

const isRead = ({ size }: Layer, isBase: boolean) => !isBase && size <= mostRead
