import { step } from '../../progress.ts'
import type { Image, ImageIndex, Receipt } from '../image.ts'
import { type Content, contentOf, manifestsBelow } from './content.ts'
import { deliver } from './deliver.ts'
import { RegistryError } from './failure.ts'
import { putManifest } from './manifests.ts'
import { delayed, inParallelOrNot } from './parallel.ts'
import { fullName, type Push, type PushOptions, setUpPush } from './push-setup.ts'
import { protectNames, standingNames } from './standing-names.ts'

/** Milliseconds that a chunk under way may take after an abort: most take less than half of it in all, and commands are given up after three seconds. */
const graceTime = 2500

/**
 * Pushes an image, or an index with its images, to `[HOST[:PORT]/]REPOSITORY[:TAG]` (`latest` if there is no tag). Sends only what the registry lacks, blobs in parallel
 * and manifests after them; a tag moves last, when all that it names is there. What was sent before a failure is not sent again by the next push.
 * Throws `REFERENCE_INVALID`, `DESTINATION_NOT_EMPTY` (`noClobber`), `DENIED`, `UNAVAILABLE`, and `SOURCE_INVALID` if a layer's bytes are not what its digest says.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#push
 */
export function pushImage(
  image: Image | ImageIndex,
  to: string,
  options: PushOptions = {},
): Promise<Receipt> {
  return pushContent(contentOf(image), to, options)
}

/** `pushImage` for anything that has a manifest. */
export async function pushContent(content: Content, to: string, options: PushOptions = {}): Promise<Receipt> {
  const set = await setUpPush(content, to, options)
  try {
    const title = `push ${fullName(set, set.names[0] ?? content.manifest.digest)}`
    return await step(set.progress, { title }, async (parent) => {
      const push = { ...set, parent }
      const names = await outdatedNames(push)
      if (names.length > 0) await send(push, names)
      return receipt(push)
    })
  } finally {
    await set.known.save()
    set.registry.close()
  }
}

/** The names that do not point to the manifest yet. Nobody is asked when the last push from here shows that none can. */
async function outdatedNames(push: Push): Promise<readonly string[]> {
  const { known, repository, blobs, names, content, noClobber } = push
  const isNew = push.isWarm && blobs.some(({ digest }) => !known.has(repository, digest))
  if (isNew && !noClobber) return names
  const standing = await standingNames(push)
  protectNames(push, standing)
  const { digest } = content.manifest
  // What a registry took a manifest for, it has.
  if ([...standing.values()].includes(digest)) for (const blob of blobs) known.add(repository, blob.digest)
  return names.filter((name) => standing.get(name) !== digest)
}

async function send(push: Push, names: readonly string[]): Promise<void> {
  await deliverAll(push)
  try {
    await storeManifests(push, names)
  } catch (error) {
    if (!isLacking(error) && !(push.isWarm && isRefusal(error))) throw error
    // It threw away what we believed it had: ask for everything, once.
    push.known.forget(push.repository)
    const doubtful = { ...push, isWarm: false }
    await deliverAll(doubtful)
    await storeManifests(doubtful, names)
  }
}

async function deliverAll(push: Push): Promise<void> {
  const { connections: limit, signal, blobs } = push
  await inParallelOrNot(blobs, { limit, signal }, async (blob, stop) => {
    await deliver({ ...push, signal: stop, grace: delayed(stop, graceTime) }, blob)
  })
}

async function storeManifests(push: Push, names: readonly string[]): Promise<void> {
  const { known, repository, content, connections: limit, signal } = push
  const below = manifestsBelow(content).filter(({ digest }) => !known.has(repository, digest))
  await inParallelOrNot(below, { limit, signal }, async (manifest) => {
    await putManifest(push, manifest, manifest.digest)
    known.add(repository, manifest.digest)
  })
  for (const name of names) {
    if (push.noClobber) protectNames(push, await standingNames({ ...push, names: [name] }))
    await putManifest(push, content.manifest, name)
  }
  known.add(repository, content.manifest.digest)
}

function isLacking(error: unknown): boolean {
  const codes = ['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN', 'MANIFEST_UNKNOWN']
  return error instanceof RegistryError && error.codes.some((code) => codes.includes(code))
}

/** Some registries (Quay) have no word of their own for a manifest whose blobs are missing. */
function isRefusal(error: unknown): boolean {
  return error instanceof RegistryError && [400, 404, 409, 422].includes(error.status ?? 0)
}

function receipt(push: Push): Receipt {
  const { digest } = push.content.manifest
  return { reference: fullName(push, digest), digest, bytesSent: push.registry.bytesSent }
}
