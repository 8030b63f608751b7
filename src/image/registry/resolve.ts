import { FlambeError } from '../../errors.ts'
import { writeCached } from '../../files/index.ts'
import type { Progress } from '../../progress.ts'
import type { Descriptor, ImagePlatform } from '../image.ts'
import { readCached } from './blob-cache.ts'
import { type CachePaths, readJson, writeJson } from './cache.ts'
import { RegistryError } from './failure.ts'
import { type ManifestJson, parseManifest } from './manifest-json.ts'
import { getManifest, headManifest, type StoredManifest } from './manifests.ts'
import { choosePlatform, formatPlatform, hostPlatform } from './platform.ts'
import { formatReference, type Reference } from './reference.ts'
import type { Registry } from './registry.ts'

/** Where an image is to be found, and how far to trust what is known of it. */
export type Source = {
  readonly registry: Registry
  readonly reference: Reference
  readonly paths: CachePaths
  readonly offline: boolean
  /** Milliseconds that a tag is believed to point where it did, without asking. */
  readonly maxAge: number
  readonly progress?: Progress | undefined
  readonly signal?: AbortSignal | undefined
}

export type ImageManifest = {
  readonly manifest: StoredManifest
  readonly json: Extract<ManifestJson, { kind: 'manifest' }>
}

/** The manifest of one image: by digest from the cache if it is there, else from the registry. */
export async function resolveManifest(
  source: Source,
  wanted: ImagePlatform | undefined,
): Promise<ImageManifest> {
  const top = await manifestByDigest(source, source.reference.digest ?? (await resolveTag(source)))
  if (top.json.kind === 'manifest') return { ...top, json: top.json }
  const platform = wanted ?? hostPlatform()
  const chosen = choosePlatform(top.json.manifests, platform)
  if (!chosen) throw noPlatform(source, platform, top.json.manifests)
  const { manifest, json } = await manifestByDigest(source, chosen.digest)
  if (json.kind !== 'manifest') throw notAnImage(source, 'an index in an index')
  return { manifest, json }
}

/** A small blob: from the cache, or with `get` from the registry, which checks it. */
export async function cachedBlob(
  source: Source,
  digest: string,
  get: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const path = source.paths.blob(digest)
  const cached = await readCached(path, digest)
  if (cached) return cached
  if (source.offline) throw notCached(source, digest)
  const bytes = await get()
  await writeCached(path, bytes)
  return bytes
}

export function notAnImage({ registry, reference }: Source, what: string): FlambeError {
  return new FlambeError(
    'UNAVAILABLE',
    `${formatReference(reference)} is not an image that can be used: it is ${what}`,
    {
      hint: `${registry.name} has something else under that name: check the reference`,
    },
  )
}

export function noPlatform(
  { reference }: Source,
  wanted: ImagePlatform,
  offered: readonly Pick<Descriptor, 'platform'>[],
): FlambeError {
  const names = offered.flatMap(({ platform }) =>
    platform && platform.os !== 'unknown' ? formatPlatform(platform) : [],
  )
  return new FlambeError(
    'UNAVAILABLE',
    `${formatReference(reference)} has no image for ${formatPlatform(wanted)}`,
    {
      hint: names.length > 0 ? `it has ${[...new Set(names)].join(', ')}` : 'it names no platform at all',
    },
  )
}

/** What a tag points to: as the registry says now, or as it said within `maxAge`. */
async function resolveTag(source: Source): Promise<string> {
  const { registry, reference, paths, offline, maxAge } = source
  const { repository, tag = 'latest' } = reference
  const path = paths.tag(registry.name, repository, tag)
  const kept = parseTag(await readJson(path))
  const now = registry.clock.now()
  if (kept && (offline || (kept.at <= now && now - kept.at < maxAge))) return kept.digest
  if (offline) throw notCached(source, `the tag ${tag}`)
  const digest = await headManifest({ registry, repository }, tag)
  if (digest === undefined) {
    throw new RegistryError('UNAVAILABLE', `${registry.name}/${repository} has no tag ${tag}`, {
      status: 404,
      hint: `check the tag, that ${registry.name} is a registry of container images, and that it lets you see the repository`,
    })
  }
  await writeJson(path, { digest, at: now })
  return digest
}

async function manifestByDigest(source: Source, digest: string) {
  const { registry, reference } = source
  const bytes = await cachedBlob(source, digest, async () => {
    return (await getManifest({ registry, repository: reference.repository }, digest)).bytes
  })
  const json = parseManifest(bytes)
  if (!json) throw notAnImage(source, 'no manifest of an image')
  return { manifest: { mediaType: json.mediaType, digest, size: bytes.length, bytes }, json }
}

function parseTag(value: unknown): { readonly digest: string; readonly at: number } | undefined {
  const { digest, at } = (value ?? {}) as { digest?: unknown; at?: unknown }
  return typeof digest === 'string' && typeof at === 'number' ? { digest, at } : undefined
}

export function notCached({ reference }: Pick<Source, 'reference'>, what: string): FlambeError {
  return new FlambeError('UNAVAILABLE', `${what} of ${formatReference(reference)} is not in the cache`, {
    hint: 'run once without --offline to download it',
  })
}
