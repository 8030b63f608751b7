import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FlambeError } from '../../errors.ts'
import {
  codeOf,
  fileFailure,
  HashCache,
  inParallel,
  isOwned,
  replaceDirectory,
  settledDirectory,
  unfinishedForm,
  unfinishedName,
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
      const old = await replaceIndex(directory, index)
      // Another writer may have removed what it took for nobody's: it is written again.
      await fill(directory)
      await removeOthers(directory, { blobs, old })
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

/** Manifests are smaller: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests */
const smallBytes = 4 * 2 ** 20
/** Milliseconds after which nobody still writes a blob. */
const leftAfter = 3_600_000

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

/** Makes the layout that of another image, in one step; gives what it was of. */
async function replaceIndex(directory: string, index: Uint8Array): Promise<ReadonlySet<string>> {
  const path = join(directory, 'index.json')
  const text = await readFile(path, 'utf8')
  const old = await namedBy(directory, text)
  // An image that is the same leaves its files alone.
  if (Buffer.compare(Buffer.from(text), index) === 0) return old
  const temporary = unfinishedName(path)
  await writeFile(temporary, index)
  await rename(temporary, path)
  return old
}

/** Names of the blobs that an index or manifest leads to: those that it names, and those that these name. */
async function namedBy(directory: string, text: string): Promise<ReadonlySet<string>> {
  const named = new Set([...text.matchAll(/"sha256:([0-9a-f]{64})"/g)].map(([, hex = '']) => hex))
  for (const hex of [...named]) {
    const path = join(directory, 'blobs', 'sha256', hex)
    const isSmall = ((await stat(path).catch(() => undefined))?.size ?? Number.POSITIVE_INFINITY) < smallBytes
    const inner = isSmall ? await readFile(path, 'utf8') : ''
    if (inner.startsWith('{'))
      for (const [, one = ''] of inner.matchAll(/"sha256:([0-9a-f]{64})"/g)) named.add(one)
  }
  return named
}

/**
 * Removes the blobs of the old image that the new one has no use for, and what writers left that were killed. Not all that the index does
 * not name: it may be of somebody who writes at the same time.
 */
async function removeOthers(
  directory: string,
  { blobs, old }: { readonly blobs: readonly LayoutBlob[]; readonly old: ReadonlySet<string> },
): Promise<void> {
  const folder = join(directory, 'blobs', 'sha256')
  const kept = new Set(blobs.map(({ path }) => join(directory, path)))
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if (!kept.has(path) && (old.has(name) || (await isLeft(path)))) await rm(path, { force: true })
  }
}

/** Whether a blob, or one that was being written, is of nobody who still writes. */
async function isLeft(path: string): Promise<boolean> {
  const [, mark] = unfinishedForm.exec(path) ?? []
  if (mark !== undefined) return !isOwned(mark)
  const stats = await stat(path).catch(() => undefined)
  return stats !== undefined && Date.now() - stats.mtimeMs > leftAfter
}
