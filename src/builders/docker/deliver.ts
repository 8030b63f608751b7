import type { HashCache } from '../../files/index.ts'
import {
  type Image,
  type ImageIndex,
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
  { references, hashCache, progress, signal }: DeliverOptions,
): Promise<Receipt> {
  const options = { progress, signal }
  if (output.kind === 'layout') {
    return writeLayout(image, output.path, { ...options, hashCache, names: layoutNames(references) })
  }
  // Refused by `chooseOutput`, before anything was built.
  if ('index' in image) throw new TypeError('an index goes to a layout or to a registry')
  return output.kind === 'archive'
    ? writeArchive(image, output.path, { ...options, references })
    : loadIntoEngine(image, references, { ...options, engine: output.engine })
}

/** Tags alone, as tools take them: `skopeo inspect oci:DIR:v1`. */
function layoutNames(references: readonly string[]): string[] {
  return [...new Set(references.flatMap((reference) => parseReference(reference).tag ?? []))]
}
