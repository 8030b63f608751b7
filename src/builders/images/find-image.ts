import { FlambeError } from '../../errors.ts'
import {
  type Engine,
  type Environment,
  type FoundEngine,
  findEngine,
  formatPlatform,
  type Image,
  type ImagePlatform,
  isPlatform,
  openLocalImage,
  parseReference,
  platformInEngine,
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
 * Finds an image: in a layout or an archive, in the engine, or else in the registry that its name says. What keeps an engine from telling is a notice.
 * `looked`: what a look for the engine has shown, where there was one.
 * @throws FlambeError `ARTIFACT_NOT_FOUND` where a name without a registry is nowhere; what registries throw where it names one.
 */
export async function findImage(
  location: string,
  kind: Target,
  options: ImageOptions,
  looked?: FoundEngine,
): Promise<FoundImage> {
  const { environment: env, home, platform, signal, registry, cacheDirectory, progress } = options
  if (kind === 'image-file') return { image: await openLocalImage(location, { platform }) }
  const { engine, failure } = looked ?? (await findEngine({ env, home, signal }))
  const absence = engine
    ? await absenceFrom(engine, location, platform)
    : { why: failure.message, hint: failure.hint, isNews: isNamed(env) || failure.code === 'DENIED' }
  if (engine && !absence) return { engine }
  if (isBare(location)) throw nowhere(location, absence)
  if (absence?.isNews)
    progress({ type: 'notice', message: `${absence.why}: the registry of ${location} is asked` })
  const pull = { ...registry, env, home, cacheDirectory, progress, signal, ...(platform && { platform }) }
  try {
    return { image: await pullImage(location, pull) }
  } catch (error) {
    throw error instanceof FlambeError && !namesRegistry(location) ? nowhere(location, absence, error) : error
  }
}

/** Why an image is not to be had from an engine. */
type Absence = {
  readonly why: string
  readonly hint?: string | undefined
  /** Not what was to be expected: worth a notice even if a registry has it. */
  readonly isNews: boolean
}

async function absenceFrom(
  engine: Engine,
  name: string,
  wanted: ImagePlatform | undefined,
): Promise<Absence | undefined> {
  try {
    const platform = await platformInEngine(name, engine)
    if (!platform) return { why: `the engine at ${engine.address} has no image of that name`, isNews: false }
    if (!wanted || isPlatform(platform, wanted)) return undefined
    const [has, wants] = [platform, wanted].map(formatPlatform)
    return { why: `the engine has ${name} for ${has} and not for ${wants}`, isNews: true }
  } catch (error) {
    if (!(error instanceof FlambeError)) throw error
    return { why: error.message, hint: error.hint, isNews: true }
  }
}

function nowhere(location: string, absence: Absence | undefined, refusal?: FlambeError): FlambeError {
  const places = [
    'it is no file or folder here',
    ...(absence ? [absence.why] : []),
    ...(refusal
      ? [`Docker Hub, where names without a registry are looked for, does not give it: ${refusal.message}`]
      : []),
  ]
  const code = refusal && refusal.code !== 'DENIED' ? refusal.code : 'ARTIFACT_NOT_FOUND'
  return new FlambeError(code, `${location} is not to be found: ${places.join('; ')}`, {
    cause: refusal,
    hint: `give the path of an artifact or a layout, or a name with its registry (ghcr.io/me/engine:v1)${absence?.hint ? `; if an engine has it: ${absence.hint}` : ''}`,
  })
}

/** Whether the user said where the engine is: then it is news that it is not. */
const isNamed = (env: Environment) => Boolean(env['DOCKER_HOST'] || env['DOCKER_CONTEXT'])

/** A name with neither registry, tag nor digest: more likely a path that is not there. */
function isBare(location: string): boolean {
  const { tag, digest } = parseReference(location)
  return !namesRegistry(location) && !tag && !digest
}

function namesRegistry(location: string): boolean {
  return parseReference(location).registry !== 'docker.io' || location.startsWith('docker.io/')
}
