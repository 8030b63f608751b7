import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileEntry } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { inParallel } from '../../files/index.ts'
import { type Progress, step } from '../../progress.ts'
import { free } from './chunks.ts'
import { type Downloads, downloadObject, keep, openDownloads } from './download.ts'
import { isMissing } from './failure.ts'
import { locate, type StoredManifest } from './manifest.ts'
import type { Source } from './source.ts'

const filesAtOnce = 12
/** Of objects that hold many small files: stretches that are read, and held, at once; and how long each is. */
const stretchesAtOnce = 3
const longest = 2 * 1024 ** 2

type BringOptions = {
  readonly stored: StoredManifest
  readonly files: readonly FileEntry[]
  readonly directory: string
  readonly progress: Progress
}

/** Brings files of a stored artifact to a folder: those that are there already are not asked for. */
export async function bringFiles(
  source: Source,
  { stored, files, directory, progress }: BringOptions,
): Promise<void> {
  const missing = await missingFiles(files, directory)
  if (missing.length === 0) return
  const total = missing.reduce((sum, { size }) => sum + size, 0)
  const wanted = missing.map((file) => ({ ...file, ...locate(source, stored, file) }))
  await step(progress, { title: `download ${source.url}`, total }, async (id) => {
    const onBytes = (count: number) => progress({ type: 'bytes', id, count })
    await using downloads = openDownloads(source)
    const options = { directory, onBytes, downloads }
    const stretches = stretchesOf(wanted.filter(({ alone }) => !alone))
    await inParallel(stretches, stretchesAtOnce, (stretch) => bringStretch(source, stretch, options))
    await inParallel(
      wanted.filter(({ alone }) => alone),
      filesAtOnce,
      (file) => bringFile(source, file, options),
    )
  })
}

async function missingFiles(files: readonly FileEntry[], directory: string): Promise<FileEntry[]> {
  const missing: FileEntry[] = []
  await inParallel(files, 32, async (file) => {
    const stats = await stat(join(directory, file.path)).catch(() => undefined)
    if (stats?.size !== file.size) missing.push(file)
  })
  return missing
}

/** A file, and where it is. */
type Wanted = FileEntry & ReturnType<typeof locate>

type PlaceOptions = {
  readonly directory: string
  readonly onBytes: (count: number) => void
  readonly downloads: Downloads
}

async function bringFile(source: Source, file: Wanted, options: PlaceOptions): Promise<void> {
  const { key, size, path, sha256 } = file
  const { directory, ...more } = options
  try {
    await downloadObject(
      source,
      { key, size, name: path },
      { target: join(directory, path), sha256, ...more },
    )
  } catch (error) {
    throw missingOr(error, file)
  }
}

/** Files that lie beside each other in one object. */
type Stretch = readonly [Wanted, ...Wanted[]]

function stretchesOf(files: readonly Wanted[]): Stretch[] {
  const sorted = files.toSorted((a, b) => (a.key === b.key ? a.start - b.start : a.key < b.key ? -1 : 1))
  const stretches: [Wanted, ...Wanted[]][] = []
  for (const file of sorted) {
    const last = stretches.at(-1)
    const isNear =
      last !== undefined && last[0].key === file.key && file.start + file.size - last[0].start <= longest
    if (isNear) last.push(file)
    else stretches.push([file])
  }
  return stretches
}

async function bringStretch(
  source: Source,
  files: Stretch,
  { directory, onBytes }: PlaceOptions,
): Promise<void> {
  const [{ key, start }] = files
  const end = Math.max(...files.map((file) => file.start + file.size))
  const bytes = Buffer.alloc(end - start)
  const take = (chunk: Uint8Array, position: number) => void bytes.set(chunk, position - start)
  const name = files.length === 1 ? files[0].path : `${files[0].path} and ${files.length - 1} more`
  try {
    await source.read({ key, name }, { start, end, take })
  } catch (error) {
    throw missingOr(error, files[0])
  }
  await inParallel(files, 8, ({ path, sha256, size, start: at }) =>
    keep(bytes.subarray(at - start, at - start + size), path, {
      target: join(directory, path),
      sha256,
      onBytes,
    }),
  )
  free(bytes)
}

function missingOr(error: unknown, { path }: FileEntry): unknown {
  if (!(error instanceof FlambeError) || !isMissing(error)) return error
  return new FlambeError('ARTIFACT_DAMAGED', `${path} is not in the store`, {
    cause: error.cause,
    hint: 'build or push the artifact again with --force',
  })
}
