import type { ClassEntry, CodeEntry, DependencyEntry, DraftFile } from '../artifact/index.ts'

/** User code that a spec names: found, compiled and imported. */
export type Extension = {
  /** The key in the spec's header: the tags' namespace. */
  readonly namespace: string
  readonly code: CodeEntry
  /** The folder that holds the extension on this machine. Never recorded in an artifact. */
  readonly directory: string
  /** What its entry module exports. */
  readonly exports: Readonly<Record<string, unknown>>
  /** What its types say of each exported class, by the export's name. */
  readonly classes: Readonly<Record<string, ClassEntry>>
  /** What TypeScript could not express as a schema, and other things worth a notice. */
  readonly notices: readonly string[]
  /** Everything that the code needs in an artifact: compiled code and the traced files of packages, by path in the artifact. */
  readonly pack: () => Promise<ExtensionPack>
}

export type ExtensionPack = {
  readonly files: ReadonlyMap<string, DraftFile>
  readonly dependencies: readonly DependencyEntry[]
}
