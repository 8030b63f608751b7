import { FlambeError } from '../../errors.ts'
import {
  type Engine,
  type Environment,
  findEngine,
  type Image,
  type ImagePlatform,
  openLocalImage,
  parseReference,
  pullImage,
  type RegistryOptions,
} from '../../image/index.ts'
import type { Progress } from '../../progress.ts'
import type { Target } from './target.ts'

/** Where images may be looked for, and how. */
export type ImageOptions = {
  readonly environment: Environment
  readonly home: string
  readonly registry?: Pick<RegistryOptions, 'login' | 'insecure' | 'caFile'>
  readonly platform?: ImagePlatform | undefined
  readonly cacheDirectory: string
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** Where an image is: an engine has it, or it is read from a file or a registry. */
export type FoundImage =
  | { readonly engine: Engine; readonly image?: undefined }
  | { readonly engine?: undefined; readonly image: Image }

/**
 * Finds an image: in a layout or an archive, in the engine, or else in the registry that its name says.
 * @throws FlambeError `ARTIFACT_NOT_FOUND` where a bare name is nowhere; what registries throw where it names one.
 */
export async function findImage(location: string, kind: Target, options: ImageOptions): Promise<FoundImage> {
  const { environment: env, home, platform, signal } = options
  if (kind === 'image-file') return { image: await openLocalImage(location, { platform }) }
  const { engine } = await findEngine({ env, home, signal })
  const isThere =
    engine &&
    (await engine.docker
      .getImage(location)
      .inspect()
      .then(
        () => true,
        () => false,
      ))
  if (isThere) return { engine }
  if (isBare(location)) {
    throw new FlambeError(
      'ARTIFACT_NOT_FOUND',
      `${location} is no file or folder here, and ${engine ? 'the engine has no image of that name' : 'no engine answers that could have an image of that name'}`,
      {
        hint: 'give the path of an artifact or a layout, or a name with a registry or a tag',
      },
    )
  }
  const { registry, cacheDirectory, progress } = options
  const image = await pullImage(location, {
    ...registry,
    env,
    home,
    cacheDirectory,
    progress,
    signal,
    ...(platform && { platform }),
  })
  return { image }
}

/** A name with neither registry, tag nor digest: more likely a path that is not there. */
function isBare(location: string): boolean {
  const { registry, tag, digest } = parseReference(location)
  return registry === 'docker.io' && !tag && !digest
}
