import type { HashCache } from '../../files/index.ts'
import { type Base, type Environment, type ImagePlatform, openBase } from '../../image/index.ts'
import type { Progress } from '../../progress.ts'
import { connectionTo } from './connection.ts'
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

/** Milliseconds that the tag of a base is taken for what it was when its registry was asked. */
const baseAge = 24 * 3600_000

/** The base for a platform. `libraries`: names of shared libraries that `host` is to bring. */
export function openBaseOf(
  { environment, home, settings, platform, ...options }: BuildImageOptions,
  libraries: readonly string[] = [],
): Promise<Base> {
  const { cacheDirectory, hashCache, progress, signal, registry, pull = false, offline = false } = options
  const { base, references } = settings
  return openBase(base, {
    libraries,
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
  })
}
