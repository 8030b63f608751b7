import { formatPlatform, type ImagePlan, type Layer, type Receipt } from '../../image/index.ts'
import { type BuiltImage, wholeImage } from './build-image.ts'
import { type ChangedFiles, changedFiles, rememberFiles } from './layer-history.ts'

/** What became, or would become, of an image: the keys are those of `--json`. */
export type ImageReport = {
  readonly reference: string
  /** Of the manifest, or of the index of several platforms. */
  readonly digest: string
  readonly tags: readonly string[]
  /** Bytes that went out, or would. */
  readonly bytesSent: number
  readonly images: readonly ReportedImage[]
}

export type ReportedImage = {
  readonly platform: string
  readonly digest: string
  /** Digest of the config: what Docker calls the image ID. */
  readonly id: string
  readonly base: { readonly name?: string; readonly digest?: string }
  /** Bottom first. */
  readonly layers: readonly ReportedLayer[]
}

export type ReportedLayer = {
  readonly title: string
  readonly detail?: string
  readonly digest: string
  readonly diffId: string
  /** Bytes as stored. */
  readonly size: number
  /** Of our own layers: how many files, and which of them are others than in the last image. */
  readonly files?: number
  readonly changed?: ChangedFiles
  /** Bytes that would be sent; of a dry run. */
  readonly bytesToSend?: number
}

export type ReportOptions = {
  readonly references: readonly string[]
  readonly receipts: readonly Receipt[]
  readonly cacheDirectory: string
  /** What the layers' history is kept under. */
  readonly key: string
}

export async function reportImage(
  built: readonly BuiltImage[],
  options: ReportOptions,
): Promise<ImageReport> {
  const { references, receipts } = options
  const whole = wholeImage(built)
  const images: ReportedImage[] = []
  for (const one of built) images.push(await reportOne(one, options))
  return {
    reference: (receipts.find(isPushed) ?? receipts[0])?.reference ?? references[0] ?? '',
    digest: 'index' in whole ? whole.index.digest : whole.manifest.digest,
    tags: references,
    bytesSent: receipts.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
    images,
  }
}

/** A digest in a registry says more than a name or a path here. */
const isPushed = ({ reference }: Receipt) => reference.includes('@sha256:')

async function reportOne(
  { image, plan, base, layers }: BuiltImage,
  options: ReportOptions,
): Promise<ReportedImage> {
  const platform = formatPlatform(image.platform)
  const below = base.image.layers.map(baseLayer)
  const own: ReportedLayer[] = []
  for (const [position, { title, detail, entries }] of plan.layers.entries()) {
    const layer = layers[position]
    if (!layer) continue
    const { digest, diffId, size } = layer
    const changed = await changedFiles({ entries, diffId }, layerPlace(plan, position, options))
    const files = entries.filter(({ kind }) => kind === 'file').length
    own.push({ title, ...(detail && { detail }), digest, diffId, size, files, ...(changed && { changed }) })
  }
  const { name, digest } = base
  return {
    platform,
    digest: image.manifest.digest,
    id: image.config.digest,
    base: { ...(name && { name }), ...(digest && { digest }) },
    layers: [...below, ...own],
  }
}

function baseLayer({ title, digest, diffId, size, annotations }: Layer): ReportedLayer {
  const detail = annotations?.['dev.flambe.layer']?.replace(/^base /, '')
  return { title, ...(detail && { detail }), digest, diffId, size }
}

/** Remembers what is in the layers, so that the next report can tell what changed. */
export async function rememberImages(
  built: readonly BuiltImage[],
  options: Pick<ReportOptions, 'cacheDirectory' | 'key'>,
): Promise<void> {
  for (const { plan, layers } of built) {
    for (const [position, { entries }] of plan.layers.entries()) {
      const { diffId } = layers[position] ?? {}
      if (diffId) await rememberFiles({ entries, diffId }, layerPlace(plan, position, options))
    }
  }
}

function layerPlace(
  { platform, layers }: ImagePlan,
  position: number,
  { cacheDirectory, key }: Pick<ReportOptions, 'cacheDirectory' | 'key'>,
) {
  const { title, detail = '', compression } = layers[position] ?? {}
  return { cacheDirectory, key: [key, formatPlatform(platform), title, detail, compression].join('\n') }
}
