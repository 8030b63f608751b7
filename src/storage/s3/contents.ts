import { open } from 'node:fs/promises'
import type { ArtifactFile } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { inParallel, sha256 } from '../../files/index.ts'
import { objectKey, type Place } from './layout.ts'
import type { Present } from './place.ts'
import type { S3Session } from './session.ts'
import { type Sending, sendFiles } from './upload.ts'

/** Files below this are small; an object that holds several has about `packSize` bytes. */
const smallLimit = 256 * 1024
const packSize = 4 * 1024 ** 2
/** Below so many small files each is an object of its own. */
const fewest = 32
const packsAtOnce = 2

export type Sent = {
  /** By sha256. */
  readonly places: ReadonlyMap<string, Place>
  readonly keys: readonly string[]
}

export type SendContentsOptions = {
  readonly present: Present
  readonly onBytes: (count: number) => void
}

/**
 * Sends contents in the present generation, but for objects that an interrupted run left there. Many small
 * files go together: a request costs the same for twenty kilobytes as for some megabytes.
 */
export async function sendContents(
  session: S3Session,
  contents: readonly ArtifactFile[],
  options: SendContentsOptions,
): Promise<Sent> {
  const { present } = options
  const small = contents.filter(({ size }) => size < smallLimit)
  const packed = new Set(small.length < fewest ? [] : small)
  const alone = contents.filter((file) => !packed.has(file))
  const places = new Map<string, Place>()
  await inParallel(packsOf([...packed]), packsAtOnce, async (files) => {
    for (const [digest, place] of await sendPack(session, files, options)) places.set(digest, place)
  })
  const sendings = alone.map((file) => {
    const object = `${present.generation}/${file.sha256}`
    places.set(file.sha256, { object, start: 0 })
    return { file, key: objectKey(session.location, object) }
  })
  await send(session, sendings, options)
  return {
    places,
    keys: [...new Set([...places.values()].map(({ object }) => objectKey(session.location, object)))],
  }
}

async function send(
  session: S3Session,
  sendings: readonly Sending[],
  { present, onBytes }: SendContentsOptions,
): Promise<void> {
  const missing = sendings.filter(({ file, key }) => present.sizes.get(key) !== file.size)
  await sendFiles(session, missing, { interrupted: present.uploads, onBytes })
}

/** The same packs for the same files, so that an interrupted run is gone on with. */
function packsOf(files: readonly ArtifactFile[]): ArtifactFile[][] {
  const packs: ArtifactFile[][] = []
  let size = 0
  for (const file of files) {
    const last = packs.at(-1)
    if (!last || size + file.size > packSize) {
      packs.push([file])
      size = file.size
    } else {
      last.push(file)
      size += file.size
    }
  }
  return packs
}

async function sendPack(
  session: S3Session,
  files: readonly ArtifactFile[],
  options: SendContentsOptions,
): Promise<[string, Place][]> {
  const bytes = Buffer.alloc(files.reduce((sum, { size }) => sum + size, 0))
  const starts = new Map<ArtifactFile, number>()
  let end = 0
  for (const file of files) {
    starts.set(file, end)
    end += file.size
  }
  await inParallel(files, 16, async (file) => {
    const start = starts.get(file) ?? 0
    await readInto(bytes.subarray(start, start + file.size), file)
  })
  const digest = sha256(bytes)
  const object = `${options.present.generation}/${digest}`
  const source = { kind: 'bytes', chunks: [bytes] } as const
  const name = `${files.length} small files`
  const file = { path: name, size: bytes.length, sha256: digest, source }
  await send(session, [{ file, key: objectKey(session.location, object) }], options)
  return files.map((one) => [one.sha256, { object, start: starts.get(one) ?? 0 }])
}

/** Reads a content to where it belongs, and makes sure that it is the one that was hashed. */
async function readInto(place: Uint8Array, { path, sha256: digest, source }: ArtifactFile): Promise<void> {
  if (source.kind === 'bytes') place.set(Buffer.concat(source.chunks))
  else {
    await using file = await open(source.path)
    await file.read(place, 0, place.length, 0)
  }
  if (sha256(place) !== digest) throw changedFile(path)
}

export function changedFile(path: string | undefined): FlambeError {
  return new FlambeError('SOURCE_INVALID', `${path} changed while it was uploaded`, {
    hint: 'wait until whatever writes it is done, and try again',
  })
}
