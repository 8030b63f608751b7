import type { Descriptor, Receipt } from '../image.ts'
import { type BlobPlace, streamBlob, verified } from './blob-stream.ts'
import { connect } from './connect.ts'
import type { Content, NamedBlob } from './content.ts'
import { RegistryError } from './failure.ts'
import { parseManifest } from './manifest-json.ts'
import { getManifest } from './manifests.ts'
import type { RegistryOptions } from './options.ts'
import { pushContent } from './push.ts'
import type { PushOptions } from './push-setup.ts'
import { formatReference, parseReference, type Reference } from './reference.ts'

/** Options of the destination; `source` is what differs for the other side. `login` is shown to the other side only if that is the same registry. */
export type CopyOptions = PushOptions & {
  readonly source?: Pick<RegistryOptions, 'login' | 'caFile' | 'insecure'>
}

/**
 * Copies an image, or an index with all that it names, from one reference to another, byte by byte the same. Within a registry the blobs are mounted; else
 * they stream from one to the other, verified, without touching the disk. Throws as `pullImage` and `pushImage` do.
 */
export async function copyImage(from: string, to: string, options: CopyOptions = {}): Promise<Receipt> {
  const { source, login, ...shared } = options
  const reference = parseReference(from)
  const isSame = reference.registry === parseReference(to).registry
  const registry = await connect(reference, { ...shared, ...(isSame && login && { login }), ...source })
  try {
    const place = { registry, repository: reference.repository }
    const content = await remoteContent(place, reference.digest ?? reference.tag ?? 'latest')
    return await pushContent(content, to, options)
  } finally {
    registry.close()
  }
}

async function remoteContent(place: BlobPlace, name: string): Promise<Content> {
  const found = await getManifest(place, name)
  const json = parseManifest(found.bytes, found.mediaType)
  if (!json) throw notCopied(place, name)
  const manifest = { ...found, mediaType: json.mediaType }
  if (json.kind === 'index') {
    const children: Content[] = []
    for (const { digest } of json.manifests) children.push(await remoteContent(place, digest))
    return { manifest, blobs: [], children }
  }
  const layers = json.layers.map((layer) => remoteBlob(place, layer, 'layer'))
  return { manifest, blobs: [...layers, remoteBlob(place, json.config, 'config')], children: [] }
}

function remoteBlob(place: BlobPlace, descriptor: Descriptor, title: string): NamedBlob {
  const { registry, repository } = place
  return {
    ...descriptor,
    title,
    origin: { registry: registry.name, repository },
    open: ({ start = 0, signal } = {}) => {
      const bytes = streamBlob(place, descriptor, { start, signal })
      return start === 0 ? verified(registry, descriptor, bytes) : bytes
    },
  }
}

function notCopied({ registry, repository }: BlobPlace, name: string): RegistryError {
  const reference: Reference = { registry: registry.name, repository, tag: name }
  return new RegistryError(
    'UNAVAILABLE',
    `${formatReference(reference)} has no manifest that can be copied`,
    {
      hint: 'images in the old format of Docker (schema 1) must be pushed anew by a Docker of today',
    },
  )
}
