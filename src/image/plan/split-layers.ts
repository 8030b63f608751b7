import type { Compression, LayerEntry, LayerPlan, LayerTitle } from './image-plan.ts'
import type { Part, PlacedFile } from './place-files.ts'

/** From here on a file has a layer of its own: so that it is sent again only if it changes itself. */
export const ownLayerBytes = 64 * 2 ** 20
/** State below this goes with the code: a layer more costs more than its bytes. */
const smallBytes = 2 ** 20
/** The layers of an image are counted: containerd takes about 127, and the base has some. */
const mostOwnLayers = 64

/** Formats that hold compressed or random-looking bytes: packing them again takes long and saves nothing. */
const incompressible =
  /\.(safetensors|onnx|gguf|ggml|bin|pt|pth|ckpt|npz|h5|tflite|pb|model|gz|tgz|zip|zst|xz|bz2|7z|br|jar|whl|png|jpe?g|webp|gif|avif|mp[34]|ogg|flac|webm|parquet|arrow|woff2?)$/i

/**
 * Splits files into layers, bottom first by chance of change over size: what is large and rarely changes is below what is small and
 * often does. Large files are stored as they are, each alone.
 */
export function splitLayers(
  files: readonly PlacedFile[],
  { compression }: { readonly compression: Compression },
): readonly LayerPlan[] {
  const data = files.filter(({ part, entry }) => part === 'data' && sizeOf(entry) >= smallBytes)
  const large = data
    .filter(({ entry }) => sizeOf(entry) >= ownLayerBytes)
    .sort((a, b) => sizeOf(b.entry) - sizeOf(a.entry) || (a.entry.path < b.entry.path ? -1 : 1))
    .slice(0, mostOwnLayers)
  const rest = files.filter((file) => !large.includes(file))
  const medium = rest.filter(({ entry, part }) => part === 'data' && !isSmallState(entry))
  const { raw = [], packed = [] } = Object.groupBy(medium, ({ entry }) =>
    isPacked(entry) ? 'packed' : 'raw',
  )
  const of = (part: Part) => rest.filter((file) => file.part === part)
  const state = rest.filter((file) => file.part === 'data' && !medium.includes(file))
  return [
    ...large.flatMap((file) => layer('assets', [file], { compression: 'none', detail: file.entry.path })),
    ...layer('assets', raw, { compression: 'none' }),
    ...layer('assets', packed, { compression }),
    ...layer('dependencies', of('dependencies'), { compression }),
    ...layer('runtime', of('runtime'), { compression }),
    ...layer('component', [...of('component'), ...state], { compression }),
  ]
}

function layer(
  title: LayerTitle,
  files: readonly PlacedFile[],
  { compression, detail }: { compression: Compression; detail?: string },
): LayerPlan[] {
  if (files.length === 0) return []
  const entries = files.map(({ entry }) => entry)
  return [{ title, entries, compression, ...(detail !== undefined && { detail }) }]
}

const sizeOf = (entry: LayerEntry) => (entry.kind === 'file' ? entry.size : 0)
const isSmallState = (entry: LayerEntry) => entry.path.startsWith('app/') && sizeOf(entry) < smallBytes
const isPacked = (entry: LayerEntry) => sizeOf(entry) < smallBytes || !incompressible.test(entry.path)
