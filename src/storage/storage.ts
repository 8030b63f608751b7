import type { Artifact, Draft } from '../artifact/index.ts'
import type { HashCache } from '../files/index.ts'
import type { Progress } from '../progress.ts'

/** One place that can hold one artifact: a folder, a prefix of a bucket. Every backend keeps this contract. */
export type Storage = {
  /** The place as people write it: an absolute path, or `s3://bucket/prefix`. */
  readonly url: string
  /** Fails as `write` would for a destination that cannot take the artifact: before anything is built. */
  readonly check: (options: { readonly force: boolean; readonly compress: boolean }) => Promise<void>
  /** Puts the artifact there as a whole: at every moment readers see the earlier one, or the complete new one. */
  readonly write: (draft: Draft, options: WriteOptions) => Promise<Stored>
  readonly open: (options: OpenOptions) => Promise<Artifact>
}

export type WriteOptions = OpenOptions & {
  /** Replace an earlier artifact. */
  readonly force: boolean
  /** One `.tar.gz` instead of a folder. */
  readonly compress: boolean
  readonly hashCache: HashCache
}

export type OpenOptions = { readonly progress: Progress; readonly signal?: AbortSignal }

export type Stored = {
  /** What `load` takes. */
  readonly location: string
  readonly artifact: Artifact
}
