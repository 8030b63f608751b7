import { FlambeError } from '../../errors.ts'
import { type Progress, silent } from '../../progress.ts'
import { connect } from './connect.ts'
import { blobsOf, type Content, type NamedBlob } from './content.ts'
import { KnownBlobs } from './known-blobs.ts'
import type { RegistryOptions } from './options.ts'
import { checkTag, formatReference, parseReference, type Reference } from './reference.ts'
import { pull, push } from './scope.ts'
import { StoredSessions } from './stored-sessions.ts'
import type { UploadTarget } from './upload.ts'
import { UploadWay } from './upload-way.ts'

/** How to reach the registry, and what to call the image there. */
export type PushOptions = RegistryOptions & {
  /** Further tags in the same repository. */
  readonly tags?: readonly string[]
  /** Refuse to move a tag that points to something else. */
  readonly noClobber?: boolean
}

/** All that the steps of one push share. */
export type Push = UploadTarget & {
  readonly content: Content
  readonly blobs: readonly NamedBlob[]
  /** What the manifest shall be called: tags, or for a reference by digest alone, that. */
  readonly names: readonly string[]
  readonly known: KnownBlobs
  /** The repository has been pushed to lately: what is not known to be there is new, and small blobs need no question. */
  readonly isWarm: boolean
  readonly noClobber: boolean
  readonly connections: number
  readonly progress: Progress
  /** The step that those of the blobs belong to. */
  readonly parent?: string
}

export async function setUpPush(content: Content, to: string, options: PushOptions = {}): Promise<Push> {
  const reference = parseReference(to)
  const names = namesOf(reference, content, options.tags)
  const { registry: host, repository } = reference
  const { signal, cacheDirectory, connections = 6, noClobber = false, progress = silent } = options
  const registry = await connect(reference, options)
  const known = await KnownBlobs.open(host, { cacheDirectory, clock: registry.clock })
  const blobs = blobsOf(content)
  const set = {
    registry,
    repository,
    known,
    content,
    blobs,
    names,
    noClobber,
    connections,
    progress,
    way: new UploadWay(registry.quirks),
    sessions: new StoredSessions(cacheDirectory),
    isWarm: known.isWarm(repository),
    ...(signal && { signal }),
  }
  registry.want([push(repository), ...blobs.flatMap((blob) => mountSource(set, blob) ?? []).map(pull)])
  return set
}

/** Another repository of the registry that has the blob, as far as we know. */
export function mountSource(
  { registry, repository, known }: Pick<Push, 'registry' | 'repository' | 'known'>,
  { digest, origin }: NamedBlob,
): string | undefined {
  if (known.has(repository, digest)) return undefined
  const isHere = origin?.registry === registry.name
  return isHere && origin.repository !== repository ? origin.repository : known.elsewhere(repository, digest)
}

/** As Docker's tools print a name in a repository. */
export function fullName(
  { registry, repository }: Pick<Push, 'registry' | 'repository'>,
  name: string,
): string {
  const part = name.startsWith('sha256:') ? { digest: name } : { tag: name }
  return formatReference({ registry: registry.name, repository, ...part })
}

function namesOf(
  { tag, digest, ...place }: Reference,
  { manifest }: Content,
  tags: readonly string[] = [],
): string[] {
  if (digest !== undefined && digest !== manifest.digest) {
    const reference = formatReference({ ...place, digest })
    throw new FlambeError('REFERENCE_INVALID', `the image to push is ${manifest.digest}, not ${reference}`, {
      hint: 'leave out the digest: it comes from the image',
    })
  }
  const all = [...(tag === undefined ? [] : [tag]), ...tags.map(checkTag)]
  if (all.length > 0) return [...new Set(all)]
  return [digest ?? 'latest']
}
