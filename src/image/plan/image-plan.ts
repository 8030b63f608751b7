import type { FileSource } from '../../artifact/index.ts'
import type { ImagePlatform } from '../image.ts'

/** What goes into an image on top of its base: where each file goes, in which layer, and how it is started. No byte is read yet. */
export type ImagePlan = {
  readonly platform: ImagePlatform
  /** Bottom first. */
  readonly layers: readonly LayerPlan[]
  readonly config: ContainerConfig
}

/** A layer about to be: the same plan over the same files always gives the same bytes. */
export type LayerPlan = {
  readonly title: LayerTitle
  /** What is in it, for people: a file's name, or empty. */
  readonly detail?: string
  /** In any order; parent folders that are not listed are made, as root's, with mode 0755. */
  readonly entries: readonly LayerEntry[]
  readonly compression: Compression
}

export type LayerTitle = 'base' | 'assets' | 'dependencies' | 'runtime' | 'component'

export type Compression = 'none' | 'gzip' | 'zstd'

/** One entry of a layer's tar. */
export type LayerEntry = FileEntry | DirectoryEntry | SymlinkEntry

type Placed = {
  /** In the image, without a slash at either end: `app/flambe.json`. */
  readonly path: string
  /** Permission bits: 0o644. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

export type FileEntry = Placed & {
  readonly kind: 'file'
  /** Bytes. */
  readonly size: number
  readonly source: FileSource
  /** Lower-case hex, where it is known: then what is in the caches is found without reading the file. */
  readonly sha256?: string
}

export type DirectoryEntry = Placed & { readonly kind: 'directory' }

export type SymlinkEntry = Placed & { readonly kind: 'symlink'; readonly target: string }

/** How a container of the image is started: https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md */
export type ContainerConfig = {
  readonly entrypoint: readonly string[]
  /** Beside, and instead of, those of the base. */
  readonly env: { readonly [name: string]: string }
  /** `UID:GID`, or a name that the base knows. */
  readonly user: string
  readonly workdir: string
  /** TCP ports. */
  readonly ports: readonly number[]
  readonly stopSignal: string
  /** Exec form; runs inside the container. */
  readonly healthcheck: readonly string[]
  readonly labels: { readonly [name: string]: string }
}
