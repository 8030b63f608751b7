import { sha256 } from '../../files/index.ts'
import type { Blob, Descriptor, Image, ImageIndex, Layer } from '../image.ts'

/** A blob to send, and what to call it. */
export type NamedBlob = Blob & { readonly title: string; readonly origin?: Layer['origin'] }

/** What a manifest names, and what has to be in a registry before it. */
export type Content = {
  readonly manifest: Descriptor & { readonly bytes: Uint8Array }
  /** Layers, bottom first, then the config. */
  readonly blobs: readonly NamedBlob[]
  /** The manifests of an index. */
  readonly children: readonly Content[]
}

export function contentOf(image: Image | ImageIndex): Content {
  if ('index' in image) {
    return { manifest: checked(image.index), blobs: [], children: image.images.map(contentOf) }
  }
  const config = { ...bytesBlob(image.config), title: 'config' }
  return { manifest: checked(image.manifest), blobs: [...image.layers, config], children: [] }
}

/** All blobs below, each once. */
export function blobsOf(content: Content): NamedBlob[] {
  const all = [...content.blobs, ...content.children.flatMap(blobsOf)]
  return [...new Map(all.map((blob) => [blob.digest, blob])).values()]
}

/** All manifests below the top one, what they name before them. */
export function manifestsBelow({ children }: Content): Content['manifest'][] {
  const all = children.flatMap((child) => [...manifestsBelow(child), child.manifest])
  return [...new Map(all.map((one) => [one.digest, one])).values()]
}

function bytesBlob({ bytes, ...descriptor }: Image['config']): Blob {
  async function* open({ start = 0 } = {}) {
    yield bytes.subarray(start)
  }
  return { ...descriptor, open }
}

function checked<T extends Descriptor & { readonly bytes: Uint8Array }>(one: T): T {
  const digest = `sha256:${sha256(one.bytes)}`
  if (digest !== one.digest || one.bytes.length !== one.size) {
    throw new TypeError(`the bytes of ${one.mediaType} are ${digest}, not ${one.digest}`)
  }
  return one
}
