import type { HashCache } from '../../files/index.ts'
import {
  beginLoad,
  type Image,
  type ImageIndex,
  type LayerAhead,
  type LoadRequest,
  loadIntoEngine,
  parseReference,
  type Receipt,
  writeArchive,
  writeLayout,
} from '../../image/index.ts'
import type { ChosenOutput } from './choose-output.ts'
import { type PushAllOptions, pushAll } from './push-all.ts'

export type DeliverOptions = PushAllOptions & {
  /** `repo:tag`s. */
  readonly references: readonly string[]
  readonly output?: ChosenOutput | undefined
  readonly push: boolean
  readonly hashCache: HashCache
  readonly begun?: LoadRequest | undefined
}

/** Begins to give layers to an output that takes them before the image is known. */
export async function beginDelivery(
  layers: readonly LayerAhead[],
  { output, progress, signal }: Pick<DeliverOptions, 'output' | 'progress' | 'signal'>,
): Promise<LoadRequest | undefined> {
  return output?.kind === 'engine'
    ? await beginLoad(layers, { engine: output.engine, progress, signal })
    : undefined
}

/** Gives an image to its output, and to the registries of its names. */
export async function deliverAll(image: Image | ImageIndex, options: DeliverOptions): Promise<Receipt[]> {
  const { output, push, references } = options
  const written = output ? [await deliver(image, output, options)] : []
  const pushed = push ? await pushAll(image, references, options) : []
  return [...written, ...pushed]
}

async function deliver(
  image: Image | ImageIndex,
  output: ChosenOutput,
  { references, hashCache, begun, progress, signal }: DeliverOptions,
): Promise<Receipt> {
  const options = { progress, signal }
  if (output.kind === 'layout') {
    return writeLayout(image, output.path, { ...options, hashCache, names: layoutNames(references) })
  }
  // Refused by `chooseOutput`, before anything was built.
  if ('index' in image) throw new TypeError('an index goes to a layout or to a registry')
  return output.kind === 'archive'
    ? writeArchive(image, output.path, { ...options, references })
    : loadIntoEngine(image, references, { ...options, engine: output.engine, ahead: begun })
}

/** Tags alone, as tools take them: `skopeo inspect oci:DIR:v1`. */
function layoutNames(references: readonly string[]): string[] {
  return [...new Set(references.flatMap((reference) => parseReference(reference).tag ?? []))]
}
