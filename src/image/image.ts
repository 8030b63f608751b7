/** https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md */
export type Descriptor = {
  readonly mediaType: string
  /** `sha256:` and 64 hex digits. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
  readonly annotations?: { readonly [key: string]: string }
  readonly platform?: ImagePlatform
}

export type ImagePlatform = { readonly os: string; readonly architecture: string; readonly variant?: string }

/** Bytes under a digest that can be read again and again: a retry opens a fresh stream. */
export type Blob = Descriptor & {
  /**
   * A fresh stream of the stored (compressed) bytes, from `start` on. The reader verifies: the digest says what they must be. A chunk stays as it is
   * when the next one is asked for, since it may still wait in a socket; chunks of 1 MiB go fastest. With `borrow` it may be overwritten once three
   * more have been asked for: who is done with it by then spares the memory of a new one each time.
   */
  readonly open: (options?: {
    readonly start?: number
    readonly signal?: AbortSignal
    readonly borrow?: boolean
  }) => AsyncIterable<Uint8Array>
  /**
   * Whether its bytes are surely those that the digest was made of, as far as that can be told without reading them: asked before and after
   * they are read, it spares hashing them again.
   */
  readonly isUnchanged?: () => Promise<boolean>
}

/** One layer: a tar, stored plain or compressed. For a plain tar `digest` equals `diffId`. */
export type Layer = Blob & {
  /** Digest of the uncompressed tar. */
  readonly diffId: string
  /** What the layer is for, for people: `assets`, `dependencies`, `runtime`, `component`, `base`. */
  readonly title: string
  /** Where a registry already has it: lets a push mount it and an output skip the download. */
  readonly origin?: { readonly registry: string; readonly repository: string }
}

/** An image for one platform, read-only: https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md */
export type Image = {
  readonly platform: ImagePlatform
  /** Bottom first. */
  readonly layers: readonly Layer[]
  /** The config blob, exactly as stored; its digest is the image ID. */
  readonly config: Descriptor & { readonly bytes: Uint8Array }
  /** The manifest, exactly as stored. */
  readonly manifest: Descriptor & { readonly bytes: Uint8Array }
}

/** Images for several platforms under one name, read-only: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md */
export type ImageIndex = {
  readonly images: readonly Image[]
  /** The index, exactly as stored. */
  readonly index: Descriptor & { readonly bytes: Uint8Array }
}

/** What an image is put on: https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md for `name` and `digest`. */
export type Base = {
  readonly image: Image
  /** Absolute path of the `node` program in it. */
  readonly node: string
  /** Fully qualified reference, where it has one. */
  readonly name?: string
  /** Digest of the manifest that `name` stood for. */
  readonly digest?: string
}

/** What an output says of an image that it took. */
export type Receipt = {
  /** What `docker run` or `docker pull` takes: `repo:tag`, `repo@sha256:…`, or a path of a layout. */
  readonly reference: string
  readonly digest: string
  /** Bytes that really went out. */
  readonly bytesSent: number
}
