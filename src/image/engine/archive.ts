import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import { checkedBytes } from '../checked-bytes.ts'
import type { Blob, Image, Layer } from '../image.ts'

export type ArchiveOptions = {
  /** `repo:tag`s that the image gets. */
  readonly references: readonly string[]
  /** Digests of layers that the reader has: they are named, and not sent. */
  readonly omit?: ReadonlySet<string>
  readonly signal?: AbortSignal | undefined
}

/**
 * The archive that `docker load` takes: blobs, and a `manifest.json` that names them. A whole one is an OCI layout as well, from which an engine with
 * a containerd store keeps our manifest as it is. https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format
 */
export function packForEngine(image: Image, options: ArchiveOptions): AsyncIterable<Uint8Array> {
  const tar = pack()
  const feed = async () => {
    for (const { name, bytes } of documents(image, options)) await addFile(tar, name, { bytes })
    for (const blob of unique(image.layers)) {
      if (!options.omit?.has(blob.digest)) await addFile(tar, blobPath(blob.digest), { blob, ...options })
    }
    tar.finalize()
  }
  feed().catch((error) => tar.destroy(error))
  return Readable.from(tar)
}

type Document = { readonly name: string; readonly bytes: Uint8Array }

function documents(image: Image, { references, omit = new Set() }: ArchiveOptions): Document[] {
  const { config, manifest, layers } = image
  const list = [
    {
      Config: blobPath(config.digest),
      RepoTags: references,
      Layers: layers.map(({ digest }) => blobPath(digest)),
    },
  ]
  const loadable = [{ name: blobPath(config.digest), bytes: config.bytes }, json('manifest.json', list)]
  if (omit.size > 0) return loadable
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

type Content =
  | { readonly bytes: Uint8Array; readonly blob?: undefined }
  | ({ readonly blob: Blob } & { readonly signal?: AbortSignal | undefined })

async function addFile(tar: ReturnType<typeof pack>, name: string, content: Content): Promise<void> {
  const size = content.blob ? content.blob.size : content.bytes.length
  await new Promise<void>((resolve, reject) => {
    const header = { name, size, mode: 0o644, mtime: new Date(1000) }
    const sink = tar.entry(header, (error) => (error ? reject(error) : resolve()))
    const chunks = content.blob ? checkedBytes(content.blob, content) : [content.bytes]
    pipeline(Readable.from(chunks), sink).catch(reject)
  })
}

const blobPath = (digest: string) => `blobs/${digest.replace(':', '/')}`

const json = (name: string, value: unknown): Document => ({ name, bytes: Buffer.from(JSON.stringify(value)) })

const unique = (layers: readonly Layer[]): Layer[] => [
  ...new Map(layers.map((layer) => [layer.digest, layer])).values(),
]
