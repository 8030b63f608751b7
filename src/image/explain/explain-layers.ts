import type { Image, Layer } from '../image.ts'
import { lastImage } from './last-image.ts'
import { type LayerContents, readContents } from './layer-contents.ts'

/** What became of a layer since the last image that went to the same place. */
export type LayerChange = {
  readonly title: string
  readonly digest: string
  readonly size: number
  /** `new`: nothing is known of an earlier one. `other`: it changed, and nobody knows by what any more. */
  readonly change: 'same' | 'new' | 'other' | 'files'
  /** What changed in it, sorted by path. */
  readonly files: readonly FileChange[]
}

export type FileChange = { readonly path: string; readonly change: 'added' | 'changed' | 'removed' }

/** Says for each layer of an image whether it is as it was, and if not, which files made it another. Nothing is read but the cache. */
export async function explainLayers(
  image: Image,
  where: { readonly cacheDirectory: string; readonly place: string },
): Promise<readonly LayerChange[]> {
  const last = await lastImage(image, where)
  const before = last?.layers ?? []
  const same = new Set(before.map(({ digest }) => digest))
  const gone = before.filter(({ digest }) => !image.layers.some((layer) => layer.digest === digest))
  const changes: LayerChange[] = []
  for (const layer of image.layers) {
    const at = gone.findIndex(({ title }) => title === layer.title)
    if (same.has(layer.digest)) changes.push(changeOf(layer, 'same'))
    else if (at < 0) changes.push(changeOf(layer, 'new'))
    else {
      const [earlier] = gone.splice(at, 1)
      changes.push(await compare(layer, earlier?.digest ?? '', where))
    }
  }
  return changes
}

async function compare(
  layer: Layer,
  earlier: string,
  { cacheDirectory }: { readonly cacheDirectory: string },
): Promise<LayerChange> {
  const before = await readContents(cacheDirectory, earlier)
  const after = await readContents(cacheDirectory, layer.digest)
  const files = before && after ? changedFiles(before, after) : []
  return files.length > 0 ? { ...changeOf(layer, 'files'), files } : changeOf(layer, 'other')
}

function changedFiles(before: LayerContents, after: LayerContents): FileChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort()
  return paths.flatMap((path): FileChange[] => {
    const [was, is] = [before.get(path), after.get(path)]
    if (was === is) return []
    if (was === undefined) return [{ path, change: 'added' }]
    return [{ path, change: is === undefined ? 'removed' : 'changed' }]
  })
}

function changeOf({ title, digest, size }: Layer, change: LayerChange['change']): LayerChange {
  return { title, digest, size, change, files: [] }
}
