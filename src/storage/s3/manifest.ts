import { randomBytes } from 'node:crypto'
import { encodeManifest, type Manifest, manifestName, parseManifest } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { isConflict, isMissing, isUnknown } from './errors.ts'
import { objectKey } from './layout.ts'
import { formatS3Location, keyOf } from './location.ts'
import { objectOptions, payer } from './options.ts'
import { attempt, type S3Session } from './session.ts'

/** Where the objects of an artifact are, as its manifest in S3 says beside all that it says elsewhere. */
export type Objects = {
  /** The generation that whatever replaces this artifact is sent in. */
  readonly next: string
  /** sha256 of each content -> the generation that it was sent in. */
  readonly generations: { readonly [sha256: string]: string }
}

/** The manifest as it stands in the store; `etag` names this very version of it. */
export type StoredManifest = {
  readonly manifest: Manifest
  /** Absent where a folder was brought to the bucket by other means: its files then lie at their own paths. */
  readonly objects?: Objects
  readonly etag: string | undefined
}

export const newGeneration = (): string => randomBytes(6).toString('hex')

/** The key of a file of a stored artifact. */
export function storedKey(
  { location }: S3Session,
  { objects }: Pick<StoredManifest, 'objects'>,
  { path, sha256 }: { readonly path: string; readonly sha256: string },
): string {
  const generation = objects?.generations[sha256]
  return generation === undefined ? keyOf(location, path) : objectKey(location, { generation, sha256 })
}

/** The manifest under the prefix, or undefined where there is none. */
export async function getManifest(session: S3Session): Promise<StoredManifest | undefined> {
  const { sdk, location, options } = session
  const input = { Bucket: location.bucket, Key: keyOf(location, manifestName), ...payer(options) }
  try {
    const { bytes, etag } = await attempt(session, 'reading', async (client, abort) => {
      const { Body, ETag } = await client.send(new sdk.GetObjectCommand(input), abort)
      return { bytes: (await Body?.transformToByteArray()) ?? new Uint8Array(), etag: ETag }
    })
    return { ...parseStored(bytes, `${formatS3Location(location)}/${manifestName}`), etag }
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
    Body: encodeManifest({ ...manifest, s3: objects } as Manifest),
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

function parseStored(bytes: Uint8Array, file: string): Omit<StoredManifest, 'etag'> {
  const { s3, ...manifest } = parseManifest(bytes, { file }) as Manifest & { readonly s3?: unknown }
  if (s3 === undefined) return { manifest }
  if (isObjects(s3)) return { manifest, objects: s3 }
  throw new FlambeError('ARTIFACT_DAMAGED', `${file} cannot be read: "s3" does not say where its objects are`)
}

function isObjects(value: unknown): value is Objects {
  if (typeof value !== 'object' || value === null) return false
  const { next, generations } = value as Partial<Objects>
  const all = typeof generations === 'object' && generations !== null ? Object.values(generations) : ['/']
  return [next, ...all].every((one) => typeof one === 'string' && /^[0-9a-f]{12}$/.test(one))
}
