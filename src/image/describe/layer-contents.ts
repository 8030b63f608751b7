import { buffer } from 'node:stream/consumers'
import type { Layer } from '../image.ts'
import { layerEntries } from '../layer-entries.ts'
import { artifactManifest, type LayerContents } from './description.ts'

const shown = 10
/** Bytes; a manifest lists files, and none lists so many. The image may be anyone's, and a few bytes of gzip become any number. */
const mostManifest = 64 * 2 ** 20

/** What is in a layer: all of it is read. With the artifact's manifest, if that is there and no larger than one can be. */
export async function layerContents(
  layer: Layer,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<{ readonly contents: LayerContents; readonly artifact?: Uint8Array }> {
  const files: { readonly path: string; readonly size: number }[] = []
  let artifact: Uint8Array | undefined
  for await (const entry of layerEntries(layer, { signal })) {
    if (entry.header.type !== 'file') continue
    const { name, size = 0 } = entry.header
    files.push({ path: `/${name}`, size })
    if (name === artifactManifest && size <= mostManifest) artifact = await buffer(entry.open())
  }
  const biggest = files.toSorted((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1)).slice(0, shown)
  return { contents: { files: files.length, biggest }, ...(artifact && { artifact }) }
}
