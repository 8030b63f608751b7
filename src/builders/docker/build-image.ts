import { type Draft, type Platform, sealArtifact } from '../../artifact/index.ts'
import type { HashCache } from '../../files/index.ts'
import {
  assembleImage,
  assembleIndex,
  type Base,
  createLayer,
  type Environment,
  type Image,
  type ImageIndex,
  type ImagePlan,
  type ImagePlatform,
  type Layer,
  openBase,
  planImage,
} from '../../image/index.ts'
import type { Progress } from '../../progress.ts'
import { containerDirectory } from '../../runtime/index.ts'
import { connectionTo } from './connection.ts'
import { createdTime } from './created.ts'
import { gitFacts } from './git-facts.ts'
import { checkNativeFiles, nodeArchitecture } from './native-files.ts'
import { runtimeFiles } from './runtime-files.ts'
import type { DockerOptions, DockerSettings } from './settings.ts'

export type BuildImageOptions = {
  readonly settings: DockerSettings
  readonly platform: ImagePlatform
  readonly environment: Environment
  readonly home?: string | undefined
  readonly registry?: DockerOptions['registry']
  readonly pull?: boolean | undefined
  readonly offline?: boolean | undefined
  /** Folder of the spec: what its base and its commit are relative to. */
  readonly directory: string
  readonly cacheDirectory: string
  readonly hashCache: HashCache
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** An image, and the parts that it was made of. */
export type BuiltImage = {
  readonly image: Image
  readonly plan: ImagePlan
  readonly base: Base
  readonly layers: readonly Layer[]
}

/** Makes the image of an artifact for one platform. Nothing is sent anywhere; large files stay where they are. */
export async function buildImage(draft: Draft, options: BuildImageOptions): Promise<BuiltImage> {
  const { settings, platform, environment, directory, hashCache, signal } = options
  const facts = gitFacts(directory, environment)
  const artifact = await sealArtifact(draft, { hashCache, signal })
  const libraries = await checkNativeFiles(artifact, platform)
  const base = await openBase(settings.base, { ...baseOptions(options), libraries })
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

/** The platform in the words of Node, for packages' native files. */
export function packagePlatform(platform: ImagePlatform, host: Platform): Platform {
  const arch = nodeArchitecture(platform)
  const libc = host.os === 'linux' ? host.libc : undefined
  return { os: platform.os, arch, libc: libc ?? 'glibc' }
}

/** Milliseconds that the tag of a base is taken for what it was when its registry was asked. */
const baseAge = 24 * 3600_000

function baseOptions({ environment, home, settings, platform, ...options }: BuildImageOptions) {
  const { cacheDirectory, hashCache, progress, signal, registry, pull = false, offline = false } = options
  const { base, references } = settings
  return {
    directory: settings.baseDirectory,
    env: environment,
    ...(home !== undefined && { home }),
    registry: connectionTo(base, { ...(registry && { registry }), references }),
    offline,
    maxAge: pull ? 0 : baseAge,
    platform,
    buildArgs: settings.buildArgs,
    cacheDirectory,
    hashCache,
    progress,
    signal,
  }
}
