import type { Artifact, ArtifactFile } from '../../artifact/index.ts'
import { generationOf, objectKey, objectsFolder, type Place, unfinishedKey } from './layout.ts'
import { newGeneration, type StoredManifest } from './manifest.ts'
import { listUploads, type OpenUpload } from './multipart.ts'
import { listObjects } from './objects.ts'
import { objectOptions } from './options.ts'
import { attempt, type S3Session } from './session.ts'

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

/** Of an artifact's contents, where those lie that the store has for good, and those that it lacks. */
export type Placed = {
  readonly places: ReadonlyMap<string, Place>
  readonly missing: readonly ArtifactFile[]
}

/** Finds what of the earlier artifact this one needs too. An object of which less than half is needed is left. */
export function placeFiles(
  { location }: S3Session,
  artifact: Artifact,
  { earlier, present }: { earlier: Pick<StoredManifest, 'objects'> | undefined; present: Present },
): Placed {
  const contents = new Map([...artifact.files.values()].map((file) => [file.sha256, file]))
  const known = [...contents.values()].flatMap((file) => {
    const place = earlier?.objects?.places.get(file.sha256)
    const size = place && present.sizes.get(objectKey(location, place.object))
    return place && size !== undefined && place.start + file.size <= size ? [{ file, place, size }] : []
  })
  const needed = new Map<string, number>()
  for (const { file, place } of known) needed.set(place.object, (needed.get(place.object) ?? 0) + file.size)
  const kept = known.filter(({ place, size }) => (needed.get(place.object) ?? 0) >= size / 2)
  const places = new Map(kept.map(({ file, place }) => [file.sha256, place]))
  return { places, missing: [...contents.values()].filter(({ sha256 }) => !places.has(sha256)) }
}
