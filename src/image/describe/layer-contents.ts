import { buffer } from 'node:stream/consumers'
import type { Layer } from '../image.ts'
import { layerEntries } from '../layer-entries.ts'
import { artifactManifest, type LayerContents } from './description.ts'

const shown = 10

/** What is in a layer: all of it is read. With the artifact's manifest, if that is there. */
export async function layerContents(
  layer: Layer,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<{ readonly contents: LayerContents; readonly artifact?: Uint8Array }> {
  const files: { readonly path: string; readonly size: number }[] = []
  let artifact: Uint8Array | undefined
  for await (const entry of layerEntries(layer, { signal })) {
    if (entry.header.type !== 'file') continue
    files.push({ path: `/${entry.header.name}`, size: entry.header.size ?? 0 })
    if (entry.header.name === artifactManifest) artifact = await buffer(entry.open())
  }
  const biggest = files.toSorted((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1)).slice(0, shown)
  return { contents: { files: files.length, biggest }, ...(artifact && { artifact }) }
}
