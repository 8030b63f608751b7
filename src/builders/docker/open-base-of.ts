import { type Base, openBase } from '../../image/index.ts'
import type { BuildImageOptions } from './build-image-options.ts'
import { connectionTo } from './connection.ts'

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
