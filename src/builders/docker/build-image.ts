import { sealArtifact } from '../../artifact/index.ts'
import {
  assembleImage,
  assembleIndex,
  type Base,
  createLayer,
  type Image,
  type ImageIndex,
  type ImagePlan,
  type Layer,
  type LayersAhead,
  planImage,
} from '../../image/index.ts'
import { containerDirectory } from '../../runtime/index.ts'
import type { BuildImageOptions } from './build-image-options.ts'
import { createdTime } from './created.ts'
import type { DraftForBase } from './draft-for-base.ts'
import { checkNativeFiles } from './native-files.ts'
import { openBaseOf } from './open-base-of.ts'
import { runtimeFiles } from './runtime-files.ts'

/** An image, and the parts that it was made of. */
export type BuiltImage = {
  readonly image: Image
  readonly plan: ImagePlan
  readonly base: Base
  readonly layers: readonly Layer[]
}

/** Makes the image of an artifact for one platform. Nothing is sent anywhere; large files stay where they are. */
export async function buildImage(
  { draft, base: opened }: DraftForBase,
  options: BuildImageOptions & { readonly ahead: LayersAhead },
): Promise<BuiltImage> {
  const { settings, platform, environment, hashCache, facts, signal } = options
  const artifact = await sealArtifact(draft, { hashCache, signal })
  const libraries = await checkNativeFiles(artifact, platform)
  const base = opened ?? (await openBaseOf(options, libraries))
  const { time, ...origin } = await facts
  const created = createdTime(environment['SOURCE_DATE_EPOCH'], time)
  const port = settings.serve?.['port']
  const plan = planImage(artifact, {
    platform,
    base,
    runtime: await runtimeFiles(containerDirectory(), hashCache),
    compression: settings.compression,
    facts: { ...origin, created },
    labels: settings.labels,
    env: settings.env,
    ...(settings.user !== undefined && { user: settings.user }),
    ...(typeof port === 'number' && port > 0 && { port }),
  })
  const layers: Layer[] = []
  for (const layer of plan.layers) layers.push(await createLayer(layer, options))
  const image = assembleImage({ base, layers, config: plan.config, platform, created })
  return { image, plan, base, layers }
}

/** One image, or an index of those for several platforms. */
export function wholeImage(built: readonly BuiltImage[]): Image | ImageIndex {
  const images = built.map(({ image }) => image)
  return images.length === 1 && images[0] ? images[0] : assembleIndex(images)
}
