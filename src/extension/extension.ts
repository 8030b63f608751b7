import type { ClassEntry, CodeEntry, DraftCode, Platform } from '../artifact/index.ts'

/** User code that a spec names: found, compiled and imported. */
export type Extension = {
  /** The key in the spec's header: the tags' namespace. */
  readonly namespace: string
  readonly code: CodeEntry
  /** The folder that holds the extension on this machine. Never recorded in an artifact. */
  readonly directory: string
  /** Absolute paths of its own modules: a change of one of them is a change of the extension. */
  readonly modules: readonly string[]
  /** What its entry module exports. */
  readonly exports: Readonly<Record<string, unknown>>
  /** What is known of each exported class, by the export's name and by the class's aliases. */
  readonly classes: Readonly<Record<string, ClassEntry>>
  /** What the code needs in an artifact: the compiled code and the traced files of packages, for this platform or another. */
  readonly pack: (options?: { readonly platform?: Platform }) => Promise<DraftCode>
}

/** Where an extension's source is on this machine. */
export type Source = {
  readonly namespace: string
  /** As the spec declares it, without secrets. */
  readonly location: string
  /** Absolute folder of the extension. */
  readonly directory: string
  /** Absolute path of the module that exports its classes. */
  readonly entry: string
  /** Version or commit that a package or repository location resolved to. */
  readonly resolved?: string
}
