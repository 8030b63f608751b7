import type { Image } from '../image.ts'
import { cachePaths, readJson, writeJson } from '../registry/cache.ts'
import { formatPlatform } from '../registry/platform.ts'

/** What went to a place the last time: its layers, by what they are for. */
export type LastImage = {
  readonly digest: string
  readonly layers: readonly { readonly title: string; readonly digest: string }[]
}

type Where = { readonly cacheDirectory: string; readonly place: string }

/** Remembers an image that went to `place`: a reference, a path, or an engine's name for it. */
export async function rememberImage(image: Image, { cacheDirectory, place }: Where): Promise<void> {
  const { manifest, layers, platform } = image
  const kept: LastImage = {
    digest: manifest.digest,
    layers: layers.map(({ title, digest }) => ({ title, digest })),
  }
  await writeJson(cachePaths(cacheDirectory).image(place, formatPlatform(platform)), kept)
}

/** The image for the same platform that went there last, as far as this machine knows. */
export async function lastImage(
  { platform }: Pick<Image, 'platform'>,
  { cacheDirectory, place }: Where,
): Promise<LastImage | undefined> {
  const value = (await readJson(cachePaths(cacheDirectory).image(place, formatPlatform(platform)))) as
    | Partial<LastImage>
    | undefined
  if (typeof value?.digest !== 'string' || !Array.isArray(value.layers)) return undefined
  return { digest: value.digest, layers: value.layers }
}
