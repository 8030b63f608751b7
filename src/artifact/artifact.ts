import type { Stamp } from '../files/index.ts'
import type { FileEntry, Manifest } from './manifest.ts'

/** Where the bytes of an artifact's file are right now. */
export type FileSource =
  | {
      readonly kind: 'file'
      readonly path: string
      /** Set for a file that was checked to have this digest, and that nobody else uses: it may be moved away. */
      readonly movable?: { readonly sha256: string }
    }
  | { readonly kind: 'bytes'; readonly chunks: readonly Uint8Array[] }

/** An artifact about to be: its files are named but large ones are not hashed yet, since hashing happens while they are copied. */
export type Draft = {
  readonly manifest: Omit<Manifest, 'files'>
  /** By path in the artifact. */
  readonly files: ReadonlyMap<string, DraftFile>
}

export type DraftFile = {
  readonly source: FileSource
  readonly size: number
  readonly executable?: true
  /** The source's when it was drafted, where it was taken: thousands of files need not be asked again. */
  readonly stamp?: Stamp
  /** What it must be, where it is a file of an artifact: one that was altered is not copied on. */
  readonly sha256?: string
}

/** An artifact: its manifest, and where each of its files can be read: in a saved directory, or still at its source. */
export type Artifact = {
  readonly manifest: Manifest
  readonly files: ReadonlyMap<string, ArtifactFile>
}

export type ArtifactFile = FileEntry & { readonly source: FileSource }
