import { randomBytes } from 'node:crypto'
import { encodeManifest, isPart, type Manifest, manifestName, parseManifest } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { isConflict, isMissing, isUnknown } from './failure.ts'
import { formatPlace, objectKey, type Place, parsePlace } from './layout.ts'
import { formatS3Location, keyOf } from './location.ts'
import { objectOptions, payer } from './options.ts'
import { attempt, type S3Session } from './session.ts'
import type { Source } from './source.ts'

/** Where the objects of an artifact are, as its manifest in S3 says beside all that it says elsewhere. */
export type Objects = {
  /** The generation that whatever replaces this artifact is sent in. */
  readonly next: string
  /** sha256 of each content -> its place. */
  readonly places: ReadonlyMap<string, Place>
}

/** The manifest as it stands in the store; `etag` names this very version of it. */
export type StoredManifest = {
  readonly manifest: Manifest
  /** Absent where a folder was brought to the bucket by other means: its files then lie at their own paths. */
  readonly objects?: Objects
  readonly etag: string | undefined
}

export const newGeneration = (): string => randomBytes(6).toString('hex')

/** Where a file of a stored artifact is: the key of an object, where in it the file starts, and whether it is all of it. */
export function locate(
  { location }: Pick<Source, 'location'>,
  { objects }: Pick<StoredManifest, 'objects'>,
  { path, sha256 }: { readonly path: string; readonly sha256: string },
): { readonly key: string; readonly start: number; readonly alone: boolean } {
  const place = objects?.places.get(sha256)
  if (!place) return { key: keyOf(location, path), start: 0, alone: true }
  const { object, start } = place
  return { key: objectKey(location, object), start, alone: object.endsWith(sha256) }
}

/** The keys of all objects that a stored artifact needs. */
export function keysOf(session: S3Session, stored: StoredManifest): Set<string> {
  return new Set(stored.manifest.files.map((file) => locate(session, stored, file).key))
}

/** The manifest under the prefix, or undefined where there is none; with `skipPart` also where it is that of a part. */
export async function getManifest(
  session: S3Session,
  { skipPart = false }: { readonly skipPart?: boolean } = {},
): Promise<StoredManifest | undefined> {
  const { sdk, location, options } = session
  const input = { Bucket: location.bucket, Key: keyOf(location, manifestName), ...payer(options) }
  try {
    const { bytes, etag } = await attempt(session, 'reading', async (client, abort) => {
      const { Body, ETag } = await client.send(new sdk.GetObjectCommand(input), abort)
      return { bytes: (await Body?.transformToByteArray()) ?? new Uint8Array(), etag: ETag }
    })
    const file = `${formatS3Location(location)}/${manifestName}`
    return skipPart && isPart(bytes, { file }) ? undefined : { ...parseStored(bytes, file), etag }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** What `putManifest` found: it wrote, or another build had written before. */
export type Outcome = 'written' | 'lost'

/**
 * Makes the uploaded objects the artifact: this one write is the commit. It is conditional on the manifest that
 * was seen before, where the store knows conditions, so that of two builders at once one wins whole.
 */
export async function putManifest(
  session: S3Session,
  { manifest, objects }: { readonly manifest: Manifest; readonly objects: Objects },
  { replaces }: { readonly replaces: Partial<StoredManifest> | undefined },
): Promise<Outcome> {
  const { sdk, location, options } = session
  const input = {
    Bucket: location.bucket,
    Key: keyOf(location, manifestName),
    Body: encodeManifest({ ...manifest, s3: encodeObjects(objects) } as Manifest),
    ContentType: 'application/json',
    ...objectOptions(options),
  }
  const condition = replaces ? (replaces.etag ? { IfMatch: replaces.etag } : {}) : { IfNoneMatch: '*' }
  const put = (conditions: object) =>
    attempt(session, 'writing', (client, abort) =>
      client.send(new sdk.PutObjectCommand({ ...input, ...conditions }), abort),
    )
  try {
    await put(condition)
  } catch (error) {
    if (isUnknown(error)) await put({})
    else if (!isConflict(error) && !isMissing(error)) throw error
    // The write may have been ours, its answer lost on the way, and then tried again.
    else if ((await getManifest(session))?.objects?.next !== objects.next) return 'lost'
  }
  return 'written'
}

function encodeObjects({ next, places }: Objects): object {
  const entries = [...places].map(([sha256, place]) => [sha256, formatPlace(place)] as const)
  return { next, places: Object.fromEntries(entries) }
}

/** Reads the manifest of an artifact in a store; `file` is its name for people. */
export function parseStored(bytes: Uint8Array, file: string): Omit<StoredManifest, 'etag'> {
  const { s3, ...manifest } = parseManifest(bytes, { file }) as Manifest & { readonly s3?: unknown }
  if (s3 === undefined) return { manifest }
  const objects = parseObjects(s3)
  if (objects) return { manifest, objects }
  throw new FlambeError('ARTIFACT_DAMAGED', `${file} cannot be read: "s3" does not say where its objects are`)
}

function parseObjects(value: unknown): Objects | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { next, places } = value as { readonly next?: unknown; readonly places?: unknown }
  if (typeof next !== 'string' || !/^[0-9a-f]{12}$/.test(next)) return undefined
  if (typeof places !== 'object' || places === null) return undefined
  const parsed = new Map<string, Place>()
  for (const [sha256, text] of Object.entries(places)) {
    const place = parsePlace(text)
    if (!place) return undefined
    parsed.set(sha256, place)
  }
  return { next, places: parsed }
}
