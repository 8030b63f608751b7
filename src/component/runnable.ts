import type { DraftCode, Platform } from '../artifact/index.ts'
import { runnableBrand } from '../construct/index.ts'
import type { Progress } from '../progress.ts'
import type { Secrets } from './secrets.ts'

/** What a Runnable is given to run with. */
export type RunContext = {
  /** Replace what is there (`--force`). */
  readonly force: boolean
  readonly verbose: boolean
  readonly debug: boolean
  /** Sections of the secrets file. They are never written to logs or artifacts. */
  readonly secrets: Secrets
  /** The exact text of the spec. */
  readonly content: string
  /** The spec's header: name -> location, as declared. */
  readonly extensions: Readonly<Record<string, string>>
  /** The extensions themselves: what a Builder packs into an artifact. */
  readonly opened: readonly OpenedExtension[]
  /** Folder of the spec: where its relative paths start. */
  readonly directory: string
  readonly cacheDirectory: string
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** An extension that is ready to be packed. */
export type OpenedExtension = {
  readonly namespace: string
  /** Compiled code and the files of its packages, as they go into an artifact for this platform or another. */
  readonly pack: (options?: { readonly platform?: Platform }) => Promise<DraftCode>
}

/** What a run gives back: `result` goes to stdout, `details` is its form for `--json`. */
export type RunResult = { readonly result: string; readonly details?: object }

/**
 * A thing that a spec describes at its top and that the command line runs: a Builder, or a class of your own
 * that an extension exports. Its constructor only takes its arguments; components among them come as
 * `Blueprint`s.
 */
export abstract class Runnable {
  get [runnableBrand](): true {
    return true
  }

  /** Checks what can be checked without doing anything; throws to stop before `run`. */
  parse?(context: RunContext): void | Promise<void>

  // A declaration would be abstract anyway; the result may be left out by Runnables that give none.
  abstract run(context: RunContext): Promise<RunResult | void> | RunResult | void
}
