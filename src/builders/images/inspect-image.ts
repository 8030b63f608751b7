import { parseManifest } from '../../artifact/index.ts'
import {
  type DescribedImage,
  describeEngineImage,
  describeImage,
  type ImageDescription,
} from '../../image/index.ts'
import { type Inspection, inspectManifest } from '../inspect.ts'
import { findImage, type ImageOptions } from './find-image.ts'
import type { Target } from './target.ts'

/** What is in an image, and of what is in it. The keys are those of `--json`. */
export type ImageInspection = {
  readonly image: ImageDescription
  /** The component; absent in an image that flambe did not make. */
  readonly artifact?: Inspection
}

/** Looks at an image of a layout, an archive, the engine or a registry. Of layers in a registry only our own small ones are downloaded. */
export async function inspectImage(
  location: string,
  kind: Target,
  options: ImageOptions,
): Promise<ImageInspection> {
  const { description: image, artifact } = await describe(location, kind, options)
  if (!artifact) return { image }
  const manifest = parseManifest(artifact, { file: `${location} /app/flambe.json` })
  return { image, artifact: await inspectManifest(manifest) }
}

async function describe(location: string, kind: Target, options: ImageOptions): Promise<DescribedImage> {
  const { engine, image } = await findImage(location, kind, options)
  if (image) return describeImage(image, { reference: location, signal: options.signal })
  const { progress, signal } = options
  return describeEngineImage(location, engine, { progress, signal })
}
