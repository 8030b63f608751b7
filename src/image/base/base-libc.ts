import type { Image, Layer } from '../image.ts'
import { layerEntries } from '../layer-entries.ts'
import { cachePaths, readJson, writeJson } from '../registry/cache.ts'

export type Libc = 'glibc' | 'musl'

export type BaseLibcOptions = { readonly cacheDirectory: string; readonly signal?: AbortSignal | undefined }

/** Where the dynamic loaders of Linux lie, whatever the processor. */
const loaders: readonly (readonly [Libc, RegExp])[] = [
  ['musl', /^(usr\/)?lib\/ld-musl-[^/]+$/],
  ['glibc', /^(usr\/)?lib(32|64|x32)?\/([^/]+-linux-[^/]+\/)?ld(-linux[^/]*|64|-2\.\d+)\.so(\.\d+)?$/],
]

/**
 * The C library of an image, by the dynamic loader in it; undefined if it has none. Layers are read from the bottom until one shows, and what was
 * found is kept: a layer is what its digest says.
 */
export async function baseLibc(image: Image, options: BaseLibcOptions): Promise<Libc | undefined> {
  for (const layer of image.layers) {
    const found = await layerLibc(layer, options)
    if (found) return found
  }
  return undefined
}

async function layerLibc(layer: Layer, options: BaseLibcOptions): Promise<Libc | undefined> {
  const path = cachePaths(options.cacheDirectory).libc(layer.diffId)
  const known = (await readJson(path)) as { readonly libc?: unknown } | undefined
  if (known) return loaders.find(([libc]) => libc === known.libc)?.[0]
  const libc = await readLibc(layer, options)
  await writeJson(path, { libc })
  return libc
}

async function readLibc(layer: Layer, { signal }: BaseLibcOptions): Promise<Libc | undefined> {
  for await (const { header } of layerEntries(layer, { signal })) {
    const path = header.name.replace(/^\.?\//, '')
    const loader = loaders.find(([, form]) => form.test(path))
    if (loader && header.type !== 'directory') return loader[0]
  }
  return undefined
}
