import type { RunResult } from '../../component/index.ts'
import { type Image, type ImageIndex, presentInEngine, presentInLayout } from '../../image/index.ts'
import { type BuiltImage, wholeImage } from './build-image.ts'
import type { ChosenOutput } from './choose-output.ts'
import type { DeliverOptions } from './deliver.ts'
import { planPushes } from './push-all.ts'
import { type ImageReport, type ReportOptions, reportImage } from './report.ts'

/** What would be made and sent. Layers are packed into the cache, and nothing leaves it. */
export async function dryRun(
  built: readonly BuiltImage[],
  options: DeliverOptions & Omit<ReportOptions, 'receipts'>,
): Promise<RunResult> {
  const report = await reportImage(built, { ...options, receipts: [] })
  const missing = await bytesMissing(wholeImage(built), options)
  const images = report.images.map((image) => ({
    ...image,
    layers: image.layers.map((layer) => ({ ...layer, bytesToSend: missing.get(layer.digest) ?? 0 })),
  }))
  const bytesSent = [...missing.values()].reduce((sum, bytes) => sum + bytes, 0)
  const details: ImageReport = { ...report, images, bytesSent }
  return { result: details.digest, details }
}

/** Bytes that would be sent, by digest. */
async function bytesMissing(
  image: Image | ImageIndex,
  options: DeliverOptions,
): Promise<ReadonlyMap<string, number>> {
  const { output, push, references } = options
  const missing = new Map<string, number>()
  const add = (digest: string, bytes: number) => missing.set(digest, (missing.get(digest) ?? 0) + bytes)
  const images = 'index' in image ? image.images : [image]
  const blobs = images.flatMap(({ layers, config, manifest }) => [...layers, config, manifest])
  const there = output
    ? await presentIn(output, image, references)
    : new Set(blobs.map(({ digest }) => digest))
  for (const { digest, size } of blobs) if (!there.has(digest)) missing.set(digest, size)
  if (!push) return missing
  for (const plan of await planPushes(image, references, options)) {
    for (const { digest, bytes } of plan.blobs) if (bytes > 0) add(digest, bytes)
    const inBlobs = plan.blobs.reduce((sum, { bytes }) => sum + bytes, 0)
    if (plan.bytes > inBlobs) add(plan.digest, plan.bytes - inBlobs)
  }
  return missing
}

/** Digests of what the output has already. */
async function presentIn(
  output: ChosenOutput,
  image: Image | ImageIndex,
  references: readonly string[],
): Promise<ReadonlySet<string>> {
  if (output.kind === 'layout') return presentInLayout(output.path)
  if (output.kind === 'archive' || 'index' in image) return new Set()
  return presentInEngine(image, references, output)
}
