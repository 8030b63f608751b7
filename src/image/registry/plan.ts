import type { Image, ImageIndex } from '../image.ts'
import { blobExists } from './blobs.ts'
import { contentOf, manifestsBelow, type NamedBlob } from './content.ts'
import type { Delivery } from './deliver.ts'
import { RegistryError } from './failure.ts'
import { inParallelOrNot } from './parallel.ts'
import { fullName, mountSource, type Push, type PushOptions, setUpPush } from './push-setup.ts'
import { protectNames, standingNames } from './standing-names.ts'
import { uploadStatus } from './upload-session.ts'

/** What a push would do, blob by blob and tag by tag. */
export type PushPlan = {
  /** `HOST/REPOSITORY@sha256:…`. */
  readonly reference: string
  readonly digest: string
  readonly blobs: readonly PlannedBlob[]
  readonly tags: readonly PlannedTag[]
  /** Bytes of all that would be sent: blobs, manifests. */
  readonly bytes: number
}

/** What a push would do with one blob: send it, mount it, or find it there (asked, or known). */
export type PlannedBlob = {
  readonly title: string
  readonly digest: string
  readonly size: number
  readonly delivery: Delivery
  /** Bytes that would be sent; fewer than `size` where an earlier push was broken off. */
  readonly bytes: number
}

/** What a push would do with one tag. */
export type PlannedTag = {
  readonly name: string
  readonly change: 'create' | 'move' | 'keep'
  /** What it points to now. */
  readonly from?: string
}

/**
 * What `pushImage` would do, found out with questions alone: nothing is written. Exact as long as the registry stays as it is, mounts what it has
 * elsewhere, and no connection breaks. Throws as `pushImage` does.
 */
export async function planPush(
  image: Image | ImageIndex,
  to: string,
  options: PushOptions = {},
): Promise<PushPlan> {
  const push = await setUpPush(contentOf(image), to, options)
  try {
    const standing = await standingNames(push)
    protectNames(push, standing)
    const tags = push.names.map((name) => plannedTag(push, name, standing.get(name)))
    const changes = tags.filter(({ change }) => change !== 'keep').length
    const blobs = changes > 0 ? await plannedBlobs(push) : push.blobs.map(present)
    const { digest } = push.content.manifest
    const bytes = blobs.reduce((sum, blob) => sum + blob.bytes, manifestBytes(push, changes))
    return { reference: fullName(push, digest), digest, blobs, tags, bytes }
  } finally {
    await push.known.save()
    push.registry.close()
  }
}

function plannedTag({ content }: Push, name: string, from: string | undefined): PlannedTag {
  if (from === undefined) return { name, change: 'create' }
  return { name, change: from === content.manifest.digest ? 'keep' : 'move', from }
}

async function plannedBlobs(push: Push): Promise<PlannedBlob[]> {
  const planned = new Map<string, PlannedBlob>()
  await inParallelOrNot(push.blobs, { limit: push.connections, signal: push.signal }, async (blob) => {
    planned.set(blob.digest, await plannedBlob(push, blob))
  })
  return push.blobs.flatMap(({ digest }) => planned.get(digest) ?? [])
}

async function plannedBlob(push: Push, blob: NamedBlob): Promise<PlannedBlob> {
  const { registry, repository, known } = push
  const { title, digest, size } = blob
  const isKnown = known.has(repository, digest)
  if (await blobExists(push, blob)) {
    // True, and it makes the push that follows do exactly what is said here.
    known.add(repository, digest)
    return { title, digest, size, delivery: isKnown ? 'cached' : 'exists', bytes: 0 }
  }
  const from = mountSource(push, blob)
  if (from && (await blobExists({ registry, repository: from }, blob).catch(denied))) {
    return { title, digest, size, delivery: 'mounted', bytes: 0 }
  }
  const location = await push.sessions.read({ registry, repository, digest })
  const session = location && (await uploadStatus({ registry, repository, digest }, location))
  return { title, digest, size, delivery: 'sent', bytes: size - (session?.offset ?? 0) }
}

function present({ title, digest, size }: NamedBlob): PlannedBlob {
  return { title, digest, size, delivery: 'exists', bytes: 0 }
}

/** Each changed name costs the top manifest once. */
function manifestBytes({ content, known, repository }: Push, changes: number): number {
  if (changes === 0) return 0
  const below = manifestsBelow(content).filter(({ digest }) => !known.has(repository, digest))
  return below.reduce((sum, { size }) => sum + size, changes * content.manifest.size)
}

function denied(error: unknown): false {
  if (error instanceof RegistryError) return false
  throw error
}
