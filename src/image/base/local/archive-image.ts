import { createHash } from 'node:crypto'
import { sha256 } from '../../../files/index.ts'
import type { Image, Layer } from '../../image.ts'
import { layerTypes } from '../../layer/compress.ts'
import { parseConfig } from '../../registry/manifest-json.ts'
import { plainManifest } from '../plain-image.ts'
import { type FileSet, readSmall } from './file-set.ts'
import { checkPlatform, invalid, type LocalOptions } from './refuse.ts'

type Listed = {
  readonly Config: string
  readonly Layers: readonly string[]
  readonly RepoTags?: readonly string[] | null
}

/** https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format */
export async function archiveImage(files: FileSet, list: Buffer, options: LocalOptions): Promise<Image> {
  const entries = parseList(list)
  const entry = options.name
    ? entries.find(({ RepoTags }) => RepoTags?.includes(options.name ?? ''))
    : entries[0]
  const bytes = entry && (await readSmall(files, entry.Config))
  const parsed = bytes && parseConfig(bytes)
  if (!entry || !bytes || !parsed || parsed.diffIds.length !== entry.Layers.length) {
    throw invalid(
      files,
      `its manifest.json names no image${options.name ? ` ${options.name}` : ''} that is in it`,
    )
  }
  checkPlatform(files, parsed.platform, options)
  const layers: Layer[] = []
  for (const [at, name] of entry.Layers.entries())
    layers.push(await archiveLayer(files, name, parsed.diffIds[at] ?? ''))
  const config = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: `sha256:${sha256(bytes)}`,
    size: bytes.length,
    bytes,
  }
  return { platform: parsed.platform, layers, config, manifest: plainManifest(layers, config) }
}

/** Mostly a plain tar, whose digest the config tells; a compressed one has to be read for it. */
async function archiveLayer(files: FileSet, name: string, diffId: string): Promise<Layer> {
  const size = await files.size(name)
  if (size === undefined) throw invalid(files, `the layer ${name} is not in it`)
  const hash = createHash('sha256')
  let isPlain = false
  let first = true
  for await (const chunk of files.open(name)) {
    if (first) isPlain = !(chunk[0] === 0x1f && chunk[1] === 0x8b)
    if (isPlain) break
    first = false
    hash.update(chunk)
  }
  return {
    mediaType: layerTypes[isPlain ? 'none' : 'gzip'],
    digest: isPlain ? diffId : `sha256:${hash.digest('hex')}`,
    size,
    diffId,
    title: 'base',
    open: (read) => files.open(name, read),
  }
}

function parseList(bytes: Buffer): readonly Listed[] {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return Array.isArray(value)
      ? (value as Listed[]).filter(
          ({ Config, Layers }) => isText(Config) && Array.isArray(Layers) && Layers.every(isText),
        )
      : []
  } catch {
    return []
  }
}

const isText = (value: unknown) => typeof value === 'string' && value !== ''
