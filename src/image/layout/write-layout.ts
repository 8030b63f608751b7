import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FlambeError } from '../../errors.ts'
import {
  codeOf,
  fileFailure,
  HashCache,
  inParallel,
  replaceDirectory,
  settledDirectory,
} from '../../files/index.ts'
import { type Progress, silent } from '../../progress.ts'
import type { Image, ImageIndex, Receipt } from '../image.ts'
import { type LayoutBlob, layoutBlobs, layoutIndex } from './layout-content.ts'
import { writeBlob } from './write-blob.ts'

export type WriteLayoutOptions = {
  /** What tools call the image in the layout (`skopeo inspect oci:DIR:NAME`): the first is the main one. */
  readonly names?: readonly string[]
  /** Spares reading blobs that are there already. */
  readonly hashCache?: HashCache
  readonly progress?: Progress
  readonly signal?: AbortSignal | undefined
}

/**
 * Writes an image as an OCI layout: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md. A new folder appears
 * as a whole or not at all. In a layout that is there, what the new image shares with the old one stays; the index, written last and
 * in one step, makes it the new one, and only then goes what nothing names any more.
 * @throws FlambeError `DESTINATION_INVALID` for a folder that holds something else, `DISK_FULL`, `DENIED`, `SOURCE_INVALID`.
 */
export async function writeLayout(
  image: Image | ImageIndex,
  directory: string,
  { names = [], hashCache = HashCache.none(), progress = silent, signal }: WriteLayoutOptions = {},
): Promise<Receipt> {
  const blobs = layoutBlobs(image)
  const index = layoutIndex(image, names)
  let bytesSent = 0
  const fill = (folder: string) =>
    inParallel(blobs, 2, async (blob) => {
      const written = await bring(blob, join(folder, blob.path), { hashCache, progress, signal })
      bytesSent += written
    })
  try {
    if (await isLayout(directory)) {
      await fill(directory)
      await replaceFile(join(directory, 'index.json'), index)
      await removeOthers(directory, blobs)
    } else {
      await replaceDirectory(directory, async (temporary) => {
        await fill(temporary)
        await writeFile(join(temporary, 'oci-layout'), layoutFile)
        await writeFile(join(temporary, 'index.json'), index)
      })
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw fileFailure(error, `writing ${directory}`)
  }
  await hashCache.save()
  const { digest } = 'index' in image ? image.index : image.manifest
  return { reference: directory, digest, bytesSent }
}

/**
 * Whether a layout is there; false for nothing or an empty folder.
 * @throws FlambeError `DESTINATION_INVALID` for anything else: a layout replaces layouts only.
 */
export async function isLayout(directory: string): Promise<boolean> {
  const entries: string[] = await readdir(await settledDirectory(directory)).catch((error) => {
    if (codeOf(error) === 'ENOENT') return []
    if (codeOf(error) === 'ENOTDIR') throw taken(directory, 'is a file')
    throw fileFailure(error, `looking into ${directory}`)
  })
  if (entries.includes('oci-layout') && entries.includes('index.json')) return true
  if (entries.length > 0) throw taken(directory, 'holds files and no image (there is no oci-layout)')
  return false
}

/** Digests of the blobs that a layout has; none where there is no layout. */
export async function presentInLayout(directory: string): Promise<ReadonlySet<string>> {
  const names = await readdir(join(directory, 'blobs', 'sha256')).catch(() => [])
  return new Set(names.map((name) => `sha256:${name}`))
}

const layoutFile = '{"imageLayoutVersion":"1.0.0"}'

function taken(directory: string, why: string): FlambeError {
  return new FlambeError(
    'DESTINATION_INVALID',
    `${directory} ${why}, and an image goes to a folder of its own`,
    {
      hint: 'choose another --output, or remove it yourself',
    },
  )
}

type Bringing = {
  readonly hashCache: HashCache
  readonly progress: Progress
  readonly signal: AbortSignal | undefined
}

/** Sees to it that the blob is at `path`; gives how many bytes were written. */
async function bring(
  blob: LayoutBlob,
  path: string,
  { hashCache, progress, signal }: Bringing,
): Promise<number> {
  if (await isThere(blob, path, hashCache)) {
    progress({ type: 'step', id: path, title: blob.title, total: blob.size })
    progress({ type: 'done', id: path, note: 'exists' })
    return 0
  }
  await mkdir(dirname(path), { recursive: true })
  await writeBlob(blob, path, { progress, signal })
  await hashCache.remember(path, blob.digest.slice('sha256:'.length), { probe: dirname(path) })
  return blob.size
}

async function isThere({ size, digest }: LayoutBlob, path: string, hashCache: HashCache): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  if (stats?.size !== size) return false
  return `sha256:${(await hashCache.hash(path)).sha256}` === digest
}

async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  // An image that is the same leaves its files alone.
  if (Buffer.compare(await readFile(path), bytes) === 0) return
  const temporary = `${path}.flambe-writing-${process.pid}`
  await writeFile(temporary, bytes)
  await rename(temporary, path)
}

/** Removes blobs that the index does not name: of the image that was there, and of writers that were killed. */
async function removeOthers(directory: string, blobs: readonly LayoutBlob[]): Promise<void> {
  const folder = join(directory, 'blobs', 'sha256')
  const kept = new Set(blobs.map(({ path }) => join(directory, path)))
  for (const name of await readdir(folder)) {
    if (!kept.has(join(folder, name))) await rm(join(folder, name), { force: true })
  }
}
