import type { Artifact } from '../../artifact/index.ts'
import { generationOf, objectKey, objectsFolder, unfinishedKey } from './layout.ts'
import { newGeneration, type Objects, type StoredManifest } from './manifest.ts'
import { listUploads, type OpenUpload } from './multipart.ts'
import { listObjects } from './objects.ts'
import { objectOptions } from './options.ts'
import { attempt, type S3Session } from './session.ts'
import type { Sending } from './upload.ts'

/** What lies in an artifact's folder of objects before anything is sent. */
export type Present = {
  /** Key -> bytes. */
  readonly sizes: ReadonlyMap<string, number>
  readonly uploads: readonly OpenUpload[]
  /** The generation that new objects are sent in. */
  readonly generation: string
}

export async function lookAround(
  session: S3Session,
  earlier: Pick<StoredManifest, 'objects'> | undefined,
): Promise<Present> {
  const sizes = new Map<string, number>()
  for await (const { key, size } of listObjects(session, objectsFolder)) sizes.set(key, size)
  const uploads = await listUploads(session, objectsFolder)
  return { sizes, uploads, generation: earlier?.objects?.next ?? left(session, sizes) ?? newGeneration() }
}

/** The generation that an interrupted first build left. */
function left({ location }: S3Session, sizes: ReadonlyMap<string, number>): string | undefined {
  const key = sizes.keys().find((one) => one.endsWith('/unfinished'))
  return key === undefined ? undefined : generationOf(location, key)
}

/** Lets a later build go on with this one where there is no manifest that names its generation; gives the mark's key. */
export async function markUnfinished(session: S3Session, { generation, sizes }: Present): Promise<string> {
  const { sdk, location, options } = session
  const Key = unfinishedKey(location, generation)
  const input = { Bucket: location.bucket, Key, Body: '', ...objectOptions(options) }
  if (!sizes.has(Key)) {
    await attempt(session, 'writing to', (client, abort) =>
      client.send(new sdk.PutObjectCommand(input), abort),
    )
  }
  return Key
}

/** Where each of an artifact's contents will be, and what the store lacks of it. */
export type Placed = {
  readonly generations: Objects['generations']
  readonly keys: ReadonlySet<string>
  readonly missing: readonly Sending[]
}

/** An object of the earlier artifact stays where it is; all others belong in the new generation. */
export function placeFiles(
  { location }: S3Session,
  artifact: Artifact,
  { earlier, present }: { earlier: Pick<StoredManifest, 'objects'> | undefined; present: Present },
): Placed {
  const generations: Record<string, string> = {}
  const keys = new Set<string>()
  const missing: Sending[] = []
  for (const file of artifact.files.values()) {
    const { sha256, size } = file
    if (generations[sha256] !== undefined) continue
    const isThere = (generation: string | undefined) =>
      generation !== undefined && present.sizes.get(objectKey(location, { generation, sha256 })) === size
    const before = earlier?.objects?.generations[sha256]
    const generation = before !== undefined && isThere(before) ? before : present.generation
    const key = objectKey(location, { generation, sha256 })
    generations[sha256] = generation
    keys.add(key)
    if (!isThere(generation)) missing.push({ file, key })
  }
  return { generations, keys, missing }
}
