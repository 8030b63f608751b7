import { sha256 } from '../../files/index.ts'
import type { Descriptor } from '../image.ts'
import { bytesBody } from './exchange.ts'
import { RegistryError } from './failure.ts'
import { isDigest, isManifest } from './manifest-json.ts'
import { indexTypes, manifestTypes } from './media-types.ts'
import type { Registry } from './registry.ts'

export type StoredManifest = Descriptor & { readonly bytes: Uint8Array }

type Where = { readonly registry: Registry; readonly repository: string }

const accept = [...indexTypes, ...manifestTypes].join(', ')

/**
 * What a tag or digest points to, without its bytes: HEAD does not count towards Docker Hub's limits. Undefined if there is none. A 403 means the
 * same (Artifactory) where `lenient`: the next request will tell.
 */
export async function headManifest(
  { registry, repository }: Where,
  reference: string,
  { lenient = false }: { lenient?: boolean } = {},
): Promise<string | undefined> {
  const { status, headers } = await registry.ask({
    method: 'HEAD',
    repository,
    target: `manifests/${reference}`,
    step: `looking up ${reference}`,
    headers: { accept },
    expect: lenient ? [200, 404, 403] : [200, 404],
  })
  if (status !== 200) return undefined
  const digest = headers['docker-content-digest']
  if (isDigest(digest)) return digest
  return (await getManifest({ registry, repository }, reference)).digest
}

/** A manifest or index with its bytes, which are what the digest says. */
export async function getManifest(
  { registry, repository }: Where,
  reference: string,
): Promise<StoredManifest> {
  const request = { repository, step: `getting the manifest ${reference}` }
  const { headers, bytes } = await registry.ask({
    ...request,
    method: 'GET',
    target: `manifests/${reference}`,
    headers: { accept },
    expect: [200],
  })
  if (!isManifest(bytes)) throw registry.noRegistry(request, 'what it sent is no manifest')
  const digest = `sha256:${sha256(bytes)}`
  const claimed = isDigest(reference) ? reference : headers['docker-content-digest']
  if (isDigest(claimed) && claimed !== digest) {
    throw new RegistryError(
      'UNAVAILABLE',
      `${registry.name}/${repository}: the bytes of the manifest ${claimed} are ${digest}`,
      { hint: 'the registry, or something between it and here, altered it' },
    )
  }
  const mediaType = (headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  return { mediaType, digest, size: bytes.length, bytes }
}

/** Stores a manifest under a tag or its digest: for a tag, this is the moment when it moves. */
export async function putManifest(
  { registry, repository }: Where,
  manifest: StoredManifest,
  reference: string,
): Promise<void> {
  const { mediaType, bytes, digest } = manifest
  const { headers } = await registry.ask({
    method: 'PUT',
    repository,
    target: `manifests/${reference}`,
    step: `storing the manifest as ${reference}`,
    headers: { 'content-type': mediaType },
    body: bytesBody(bytes),
    expect: [201, 200, 202],
  })
  const stored = headers['docker-content-digest']
  if (typeof stored === 'string' && stored.startsWith('sha256:') && stored !== digest) {
    throw new RegistryError('UNAVAILABLE', `${registry.name} stored ${stored} when it was sent ${digest}`, {
      hint: 'something between here and the registry alters what is sent',
    })
  }
}
