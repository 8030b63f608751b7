import { blobPath } from '../blob-path.ts'
import { checkedBytes } from '../checked-bytes.ts'
import type { Image, Layer } from '../image.ts'
import { tarEnd, tarHeader, tarPadding } from '../layer/tar-header.ts'

export type ArchiveOptions = {
  /** `repo:tag`s that the image gets. */
  readonly references: readonly string[]
  /** Digests of layers that the reader has: they are named, and not sent. */
  readonly omit?: ReadonlySet<string>
  /** Names of layers that the archive began with, by digest. */
  readonly begun?: ReadonlyMap<string, string>
  /** The reader is done with a chunk before it asks for the third after it: then memory is used again. */
  readonly borrow?: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * The archive that `docker load` takes: blobs, and a `manifest.json` that names them. A whole one is an OCI layout as well, from which an engine with
 * a containerd store keeps our manifest as it is. https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format
 */
export async function* packForEngine(image: Image, options: ArchiveOptions): AsyncGenerator<Uint8Array> {
  for (const { name, bytes } of documents(image, options)) {
    yield* tarFile(name, { size: bytes.length, chunks: [bytes] })
  }
  for (const blob of unique(image.layers)) {
    if (options.omit?.has(blob.digest) || options.begun?.has(blob.digest)) continue
    yield* tarFile(blobPath(blob.digest), { size: blob.size, chunks: checkedBytes(blob, options) })
  }
  yield tarEnd()
}

/** How many bytes `packForEngine` gives: those of the blobs, and what a tar puts around them. */
export function archiveBytes(image: Image, options: Pick<ArchiveOptions, 'references' | 'omit'>): number {
  const blobs = unique(image.layers).filter(({ digest }) => !options.omit?.has(digest))
  const files = [
    ...documents(image, options).map(({ name, bytes }) => ({ path: name, size: bytes.length })),
    ...blobs.map(({ digest, size }) => ({ path: blobPath(digest), size })),
  ]
  const framed = ({ path, size }: { path: string; size: number }) =>
    tarHeader(fileEntry(path, size)).length + size + tarPadding(size).length
  return files.reduce((sum, file) => sum + framed(file), tarEnd().length)
}

type Content = { readonly size: number; readonly chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array> }

/** A file of a tar. */
export async function* tarFile(path: string, { size, chunks }: Content): AsyncGenerator<Uint8Array> {
  yield tarHeader(fileEntry(path, size))
  yield* chunks
  yield tarPadding(size)
}

const fileEntry = (path: string, size: number) =>
  ({ kind: 'file', path, mode: 0o644, uid: 0, gid: 0, size, source: { kind: 'bytes', chunks: [] } }) as const

type Document = { readonly name: string; readonly bytes: Uint8Array }

function documents(
  image: Image,
  { references, omit = new Set(), begun = new Map() }: ArchiveOptions,
): Document[] {
  const { config, manifest, layers } = image
  const list = [
    {
      Config: blobPath(config.digest),
      RepoTags: references,
      Layers: layers.map(({ digest }) => begun.get(digest) ?? blobPath(digest)),
    },
  ]
  const loadable = [{ name: blobPath(config.digest), bytes: config.bytes }, json('manifest.json', list)]
  if (omit.size > 0 || begun.size > 0) return loadable
  return [
    json('oci-layout', { imageLayoutVersion: '1.0.0' }),
    json('index.json', layoutIndex(image, references)),
    { name: blobPath(manifest.digest), bytes: manifest.bytes },
    ...loadable,
  ]
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#indexjson-file; the annotation is containerd's. */
function layoutIndex({ manifest, platform }: Image, references: readonly string[]) {
  const { mediaType, digest, size } = manifest
  const named = references.map((name) => ({ annotations: { 'io.containerd.image.name': name } }))
  const manifests = (named.length > 0 ? named : [{}]).map((name) => ({
    mediaType,
    digest,
    size,
    platform,
    ...name,
  }))
  return { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }
}

const json = (name: string, value: unknown): Document => ({ name, bytes: Buffer.from(JSON.stringify(value)) })

const unique = (layers: readonly Layer[]): Layer[] => [
  ...new Map(layers.map((layer) => [layer.digest, layer])).values(),
]
