import type { RunResult } from '../../component/index.ts'
import { archiveBytes, type Image, type ImageIndex, planLoad, presentInLayout } from '../../image/index.ts'
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
  const sending = await sendingOf(wholeImage(built), options)
  const images = report.images.map((image) => ({
    ...image,
    layers: image.layers.map((layer) => ({ ...layer, bytesToSend: sending.blobs.get(layer.digest) ?? 0 })),
  }))
  const details: ImageReport = { ...report, images, bytesSent: sending.bytes }
  return { result: details.digest, details }
}

/** Bytes that would go out: of each blob by its digest, and in all, with what stands around them. */
type Sending = { readonly blobs: ReadonlyMap<string, number>; readonly bytes: number }

async function sendingOf(image: Image | ImageIndex, options: DeliverOptions): Promise<Sending> {
  const { output, push, references } = options
  const written = output ? await toOutput(output, image, references) : { blobs: new Map(), bytes: 0 }
  if (!push) return written
  const blobs = new Map(written.blobs)
  let { bytes } = written
  for (const plan of await planPushes(image, references, options)) {
    for (const one of plan.blobs) blobs.set(one.digest, (blobs.get(one.digest) ?? 0) + one.bytes)
    bytes += plan.bytes
  }
  return { blobs, bytes }
}

async function toOutput(
  output: ChosenOutput,
  image: Image | ImageIndex,
  references: readonly string[],
): Promise<Sending> {
  if (output.kind === 'layout') {
    const blobs = lacking(image, await presentInLayout(output.path))
    return { blobs, bytes: [...blobs.values()].reduce((sum, bytes) => sum + bytes, 0) }
  }
  // Refused by `chooseOutput`, before anything was built.
  if ('index' in image) throw new TypeError('an index goes to a layout or to a registry')
  if (output.kind === 'archive')
    return { blobs: lacking(image, new Set()), bytes: archiveBytes(image, { references }) }
  const { present, bytes } = await planLoad(image, references, output)
  return { blobs: lacking(image, present), bytes }
}

function lacking(image: Image | ImageIndex, present: ReadonlySet<string>): ReadonlyMap<string, number> {
  const images = 'index' in image ? image.images : [image]
  const index = 'index' in image ? [image.index] : []
  const blobs = [...images.flatMap(({ layers, config, manifest }) => [...layers, config, manifest]), ...index]
  return new Map(blobs.filter(({ digest }) => !present.has(digest)).map(({ digest, size }) => [digest, size]))
}
