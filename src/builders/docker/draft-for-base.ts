import { type Draft, hostPlatform, type Platform } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { type Base, baseLibc } from '../../image/index.ts'
import type { BuildImageOptions } from './build-image-options.ts'
import { packagePlatform } from './native-files.ts'
import { openBaseOf } from './open-base-of.ts'

/** What an image's artifact consists of, and the base that was opened to know it. */
export type DraftForBase = { readonly draft: Draft; readonly base?: Base }

/**
 * Drafts an artifact whose native files fit the base. That of packages is a matter of the C library (`--libc` of npm), which the base tells: it is
 * looked into only if there are such packages, and has another one than this machine only where it says so.
 */
export async function draftForBase(
  draftFor: (platform: Platform) => Promise<Draft>,
  options: BuildImageOptions,
): Promise<DraftForBase> {
  const platform = packagePlatform(options.platform, hostPlatform())
  const first = await draftFor(platform).catch((error: unknown) => {
    if (error instanceof FlambeError && error.code === 'EXTENSION_INVALID') return error
    throw error
  })
  const isNative = first instanceof FlambeError || first.manifest.platform !== undefined
  // The base "host" has what this machine has.
  const isTold = isNative && options.settings.base !== 'host'
  const base = isTold
    ? await openBaseOf(options).catch((error: unknown) => {
        // What is wrong with the extension says more than that nothing could be asked about it.
        throw first instanceof FlambeError ? first : error
      })
    : undefined
  const libc = base && (await libcOf(base, options))
  if (libc && libc !== platform.libc) return { draft: await draftFor({ ...platform, libc }), base }
  if (first instanceof FlambeError) throw first
  return { draft: first, ...(base && { base }) }
}

/** Without the layers of a base, offline, it counts as one like this machine. */
async function libcOf({ image }: Base, options: BuildImageOptions): Promise<Platform['libc']> {
  try {
    return await baseLibc(image, options)
  } catch (error) {
    if (options.offline && error instanceof FlambeError && error.code === 'UNAVAILABLE') return undefined
    throw error
  }
}
