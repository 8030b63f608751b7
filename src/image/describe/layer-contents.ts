import { buffer } from 'node:stream/consumers'
import type { Layer } from '../image.ts'
import { layerEntries } from '../layer-entries.ts'
import { artifactManifest, type LayerContents } from './description.ts'

const shown = 10
/** Bytes; a manifest lists files, and none lists so many. The image may be anyone's, and a few bytes of gzip become any number. */
const mostManifest = 64 * 2 ** 20

type File = LayerContents['biggest'][number]

/** What is in a layer: all of it is read. With the artifact's manifest, if that is there and no larger than one can be. */
export async function layerContents(
  layer: Pick<Layer, 'mediaType' | 'open'>,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<{ readonly contents: LayerContents; readonly artifact?: Uint8Array }> {
  let files = 0
  let biggest: readonly File[] = []
  let artifact: Uint8Array | undefined
  for await (const entry of layerEntries(layer, { signal })) {
    if (entry.header.type !== 'file') continue
    const { name, size = 0 } = entry.header
    files++
    biggest = withFile(biggest, { path: `/${name}`, size })
    if (name === artifactManifest && size <= mostManifest) artifact = await buffer(entry.open())
  }
  return { contents: { files, biggest }, ...(artifact && { artifact }) }
}

/** The biggest first. No more are held than are shown: a layer may have a million files. */
function withFile(biggest: readonly File[], file: File) {
  const last = biggest.at(shown - 1)
  if (last && isBefore(last, file)) return biggest
  const at = biggest.findIndex((one) => isBefore(file, one))
  return biggest.toSpliced(at === -1 ? biggest.length : at, 0, file).slice(0, shown)
}

const isBefore = (a: File, b: File) => a.size > b.size || (a.size === b.size && a.path < b.path)
