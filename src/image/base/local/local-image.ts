import type { Image } from '../../image.ts'
import { archiveImage } from './archive-image.ts'
import { readSmall } from './file-set.ts'
import { layoutImage } from './layout-image.ts'
import { openFileSet } from './open-file-set.ts'
import { invalid, type LocalOptions } from './refuse.ts'

/**
 * An image of an OCI layout (folder or tar), or of what `docker save` writes. Layers are read where they lie, when they are opened.
 * @throws FlambeError `IMAGE_INVALID` for what is no image, is damaged, or not for that platform.
 */
export async function openLocalImage(path: string, options: LocalOptions = {}): Promise<Image> {
  const files = await openFileSet(path)
  const index = await readSmall(files, 'index.json')
  if (index) return layoutImage(files, index, options)
  const list = await readSmall(files, 'manifest.json')
  if (list) return archiveImage(files, list, options)
  throw invalid(
    files,
    'it has neither index.json (an OCI layout) nor manifest.json (what `docker save` writes)',
  )
}
