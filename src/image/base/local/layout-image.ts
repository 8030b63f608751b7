import { sha256 } from '../../../files/index.ts'
import { blobPath } from '../../blob-path.ts'
import type { Descriptor, Image, Layer } from '../../image.ts'
import { type ManifestJson, parseConfig, parseManifest } from '../../registry/manifest-json.ts'
import { choosePlatform, formatPlatform, hostPlatform } from '../../registry/platform.ts'
import { type FileSet, readSmall } from './file-set.ts'
import { checkPlatform, invalid, type LocalOptions } from './refuse.ts'

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md */
export async function layoutImage(files: FileSet, index: Buffer, options: LocalOptions): Promise<Image> {
  const top = parseManifest(index)
  if (top?.kind !== 'index') throw invalid(files, 'its index.json is no index')
  const { manifest, json } = await chosenManifest(files, named(files, top.manifests, options.name), options)
  const config = await readBlob(files, json.config)
  const parsed = parseConfig(config)
  if (!parsed || parsed.diffIds.length !== json.layers.length) {
    throw invalid(files, `${manifest.digest} is no image: its config is ${json.config.mediaType}`)
  }
  checkPlatform(files, parsed.platform, options)
  const layers = json.layers.map(
    (layer, at): Layer => ({
      ...layer,
      diffId: parsed.diffIds[at] ?? '',
      title: 'base',
      open: (read) => files.open(blobPath(layer.digest), read),
    }),
  )
  return { platform: parsed.platform, layers, manifest, config: { ...json.config, bytes: config } }
}

/** Those of a layout that have the name; all without one. */
export function named(
  files: FileSet,
  manifests: readonly Descriptor[],
  name: string | undefined,
): readonly Descriptor[] {
  if (name === undefined) return manifests
  const nameOf = ({ annotations = {} }: Descriptor) => annotations['org.opencontainers.image.ref.name']
  const chosen = manifests.filter((one) => nameOf(one) === name)
  if (chosen.length > 0) return chosen
  const names = manifests.flatMap((one) => nameOf(one) ?? [])
  throw invalid(
    files,
    `it has no image named ${name}`,
    names.length > 0 ? `it has ${names.join(', ')}` : undefined,
  )
}

type ChosenManifest = {
  readonly manifest: Image['manifest']
  readonly json: Extract<ManifestJson, { kind: 'manifest' }>
}

/** The one for the platform, in an index of indexes too. */
async function chosenManifest(
  files: FileSet,
  manifests: readonly Descriptor[],
  options: LocalOptions,
): Promise<ChosenManifest> {
  const platform = options.platform ?? hostPlatform()
  const [only] = manifests
  const chosen = manifests.length === 1 ? only : choosePlatform(manifests, platform)
  if (!chosen) {
    const has = manifests.flatMap((one) => (one.platform ? formatPlatform(one.platform) : []))
    throw invalid(
      files,
      `it has no image for ${formatPlatform(platform)}`,
      has.length > 0 ? `it has ${has.join(', ')}` : undefined,
    )
  }
  const bytes = await readBlob(files, chosen)
  const json = parseManifest(bytes, chosen.mediaType)
  if (json?.kind === 'index') return chosenManifest(files, json.manifests, options)
  if (!json) throw invalid(files, `${chosen.digest} is no manifest of an image`)
  const { digest, size } = chosen
  return { manifest: { mediaType: json.mediaType, digest, size, bytes }, json }
}

/** A blob in memory, which is what its digest says. */
export async function readBlob(files: FileSet, descriptor: Descriptor): Promise<Buffer> {
  const bytes = await readSmall(files, blobPath(descriptor.digest))
  if (!bytes) throw invalid(files, `${descriptor.digest} is not in it`)
  if (`sha256:${sha256(bytes)}` !== descriptor.digest) throw invalid(files, `${descriptor.digest} is damaged`)
  return bytes
}
