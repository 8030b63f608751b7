/** What an image is made of and how it starts. The keys are those of `--json`. */
export type ImageDescription = {
  readonly reference: string
  /** Digest of the config. */
  readonly id: string
  /** Digest of the manifest; an engine does not keep it. */
  readonly digest?: string
  /** `linux/amd64`. */
  readonly platform: string
  /** RFC 3339. */
  readonly created?: string
  /** Bytes of all layers: as stored, or unpacked where an engine has them. */
  readonly size: number
  readonly base: { readonly name?: string; readonly digest?: string }
  readonly start: {
    readonly entrypoint: readonly string[]
    readonly user: string
    readonly ports: readonly string[]
    readonly env: readonly string[]
  }
  readonly labels: { readonly [name: string]: string }
  /** Bottom first. */
  readonly layers: readonly LayerDescription[]
}

export type LayerDescription = {
  /** Of a layer that flambe made, what it is for (`assets weights.onnx`); of others, the command that made it. */
  readonly title: string
  /** True for what the image was put on. */
  readonly isBase: boolean
  /** As stored; an engine knows layers by the digest of what they unpack to. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
  /** Absent where the layer was not looked into: it is large, or of the base. */
  readonly contents?: LayerContents
}

export type LayerContents = {
  /** Number of files. */
  readonly files: number
  /** The largest first. */
  readonly biggest: readonly { readonly path: string; readonly size: number }[]
}

/** An image, and the manifest of the artifact in it as it was written; absent where there is none. */
export type DescribedImage = { readonly description: ImageDescription; readonly artifact?: Uint8Array }

/** Bytes; larger layers are not read for a description: what is in them, their titles tell. */
export const mostRead = 64 * 2 ** 20

/** Where the planner puts the artifact's manifest. */
export const artifactManifest = 'app/flambe.json'

/** Written by whoever assembled the image with flambe. */
export const ownCommand = 'flambe build --docker'
