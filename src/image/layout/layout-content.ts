import { canonicalJson } from '../assemble/canonical-json.ts'
import { blobPath } from '../blob-path.ts'
import type { Blob, Image, ImageIndex } from '../image.ts'
import { blobsOf, type Content, contentOf, manifestsBelow } from '../registry/content.ts'

/** A blob of a layout: a layer, a config or a manifest. */
export type LayoutBlob = Blob & {
  readonly title: string
  /** In the layout. */
  readonly path: string
}

/** Everything that an image consists of, each once. */
export function layoutBlobs(image: Image | ImageIndex): readonly LayoutBlob[] {
  const content = contentOf(image)
  const manifests = [...manifestsBelow(content), content.manifest].map(asBlob)
  const all = [...blobsOf(content), ...manifests].map((blob) => ({ ...blob, path: blobPath(blob.digest) }))
  return [...new Map(all.map((blob) => [blob.digest, blob])).values()]
}

/** `index.json`: which of the blobs is the image, and what it is called. */
export function layoutIndex(image: Image | ImageIndex, names: readonly string[]): Uint8Array {
  const { mediaType, digest, size } = 'index' in image ? image.index : image.manifest
  const platform = 'index' in image ? undefined : image.platform
  const entry = { mediaType, digest, size, ...(platform && { platform }) }
  const manifests = names.map((name) => ({
    ...entry,
    annotations: { 'org.opencontainers.image.ref.name': name },
  }))
  const json = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: manifests.length > 0 ? manifests : [entry],
  }
  return new TextEncoder().encode(canonicalJson(json))
}

function asBlob({ bytes, ...descriptor }: Content['manifest']): Blob & { readonly title: string } {
  async function* open({ start = 0 } = {}) {
    yield bytes.subarray(start)
  }
  return { ...descriptor, title: 'manifest', open }
}
