import { type Artifact, type ArtifactFile, encodeManifest } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { type Progress, step } from '../../progress.ts'
import { changedFile, type Sent, sendContents } from './contents.ts'
import { objectKey, objectsFolder } from './layout.ts'
import { formatS3Location, keyOf } from './location.ts'
import { getManifest, keysOf, newGeneration, putManifest, type StoredManifest } from './manifest.ts'
import { abortUpload, listUploads, singleLimit } from './multipart.ts'
import { deleteObjects, listNames } from './objects.ts'
import { lookAround, markUnfinished, type Present, placeFiles } from './place.ts'
import type { S3Session } from './session.ts'

/*
 * How an artifact is replaced while others read it, and build it too.
 *
 * An object is named by a generation and its digest. The manifest says in which generation its objects are, and
 * the name of the next one: whoever builds on this manifest sends what is new there, and commits by writing the
 * manifest on condition that it is still this one. So only objects of the present manifest and of its next
 * generation can ever be in the manifest after it, and all others are nobody's: removing them, however late,
 * takes nothing from a later build. A generation is never used again. Where there is no manifest yet, the
 * generation is a new one, or the one that an interrupted build left with the mark that it is unfinished.
 */

export type WriteToS3Options = {
  readonly force: boolean
  readonly progress: Progress
  /** The sources that were written to since they were hashed. */
  readonly changed: () => Promise<ReadonlySet<string>>
}

/** Refuses a place that holds something, unless `force`: by one look at that place alone. */
export async function checkEmpty(session: S3Session, { force }: { force: boolean }): Promise<void> {
  // What an interrupted upload left is no artifact yet: it is gone on with.
  const others = (await listNames(session)).filter((name) => name !== objectsFolder)
  if (others.length === 0 || force) return
  throw new FlambeError(
    'DESTINATION_NOT_EMPTY',
    `Destination ${formatS3Location(session.location)} is not empty. Use --force to force the usage of this bucket folder or pick another destination.`,
  )
}

/** Sends what the store lacks, commits by the manifest, then removes what is nobody's any more. */
export async function writeArtifactToS3(
  session: S3Session,
  artifact: Artifact,
  options: WriteToS3Options,
): Promise<void> {
  if (!options.force) await checkEmpty(session, options)
  const earlier = await findEarlier(session)
  if (earlier?.objects && isSame(artifact, earlier)) return
  const present = await lookAround(session, earlier)
  const mark = earlier?.objects ? [] : [await markUnfinished(session, present)]
  const { places: kept, missing } = placeFiles(session, artifact, { earlier, present })
  const sent = await send(session, missing, { present, ...options })
  const objects = { next: newGeneration(), places: new Map([...kept, ...sent.places]) }
  const outcome = await putManifest(session, { manifest: artifact.manifest, objects }, { replaces: earlier })
  if (outcome === 'lost') return giveUp(session, [...sent.keys, ...mark])
  const old = [...present.sizes.keys(), ...ownPaths(session, earlier), ...sent.keys, ...mark]
  const needed = keysOf(session, { manifest: artifact.manifest, objects, etag: undefined })
  await deleteObjects(session, [...new Set(old).difference(needed)])
  // Those of this generation are listed again: an upload whose beginning was answered to nobody is among them.
  const own = `${objectsFolder}${present.generation}/`
  const again = missing.some(({ size }) => size > singleLimit) ? await listUploads(session, own) : []
  for (const upload of [...present.uploads, ...again]) await abortUpload(session, upload)
}

/** The artifact that is to be replaced; of one that cannot be read, only that it is there. */
type Earlier = Partial<StoredManifest>

async function findEarlier(session: S3Session): Promise<Earlier | undefined> {
  try {
    return await getManifest(session)
  } catch (error) {
    const unreadable = ['ARTIFACT_DAMAGED', 'ARTIFACT_UNSUPPORTED', 'ARTIFACT_UNSAFE']
    if (error instanceof FlambeError && unreadable.includes(error.code)) return {}
    throw error
  }
}

function isSame({ manifest }: Artifact, earlier: Earlier): boolean {
  if (!earlier.manifest) return false
  return Buffer.compare(encodeManifest(manifest), encodeManifest(earlier.manifest)) === 0
}

async function send(
  session: S3Session,
  missing: readonly ArtifactFile[],
  { present, progress, changed }: WriteToS3Options & { readonly present: Present },
): Promise<Sent> {
  if (missing.length === 0) return { places: new Map(), keys: [] }
  const total = missing.reduce((sum, { size }) => sum + size, 0)
  const title = `upload to ${formatS3Location(session.location)}`
  const sent = await step(progress, { title, total }, (id) =>
    sendContents(session, missing, {
      present,
      onBytes: (count) => progress({ type: 'bytes', id, count }),
    }),
  )
  const now = await changed()
  const spoilt = missing.filter(({ source }) => source.kind === 'file' && now.has(source.path))
  if (spoilt.length === 0) return sent
  const keys = spoilt.map(({ sha256 }) => sent.places.get(sha256)?.object ?? '')
  await deleteObjects(
    session,
    keys.map((object) => objectKey(session.location, object)),
  )
  throw changedFile(spoilt[0]?.path)
}

/** The keys of an artifact that was brought to the bucket as a folder. */
function ownPaths({ location }: S3Session, earlier: Earlier | undefined): string[] {
  if (earlier?.objects) return []
  return earlier?.manifest?.files.map(({ path }) => keyOf(location, path)) ?? []
}

/** Takes back what was sent for nothing, but for what the artifact that won has of it. */
async function giveUp(session: S3Session, sent: readonly string[]): Promise<never> {
  const winner = await getManifest(session)
  const kept = winner ? keysOf(session, winner) : new Set<string>()
  await deleteObjects(session, [...new Set(sent).difference(kept)])
  throw new FlambeError(
    'DESTINATION_NOT_EMPTY',
    `another build wrote ${formatS3Location(session.location)} first, so this one was not written`,
    { hint: 'build again to replace what it wrote (--force)' },
  )
}
