/** One row a code: the exit status it maps to, and what it means. `docs/errors.md` explains each to users. */
export const errorCodes = {
  USAGE: { exit: 2, summary: 'the command line is wrong' },
  SPEC_NOT_FOUND: { exit: 22, summary: 'the spec file is not there or cannot be read' },
  SPEC_INVALID: { exit: 22, summary: 'the spec has problems; each is listed with its position' },
  EXTENSION_NOT_FOUND: { exit: 22, summary: 'an extension is not where the spec says' },
  EXTENSION_NOT_INSTALLED: { exit: 22, summary: 'an extension must be fetched first (--install-extensions)' },
  EXTENSION_INVALID: {
    exit: 22,
    summary: 'an extension does not compile, throws at import or exports nothing',
  },
  EXTENSION_FETCH_FAILED: { exit: 69, summary: 'npm or git could not fetch an extension' },
  COMPONENT_INVALID: { exit: 22, summary: 'a class or an object does not keep the rules of a component' },
  COMPONENT_FAILED: { exit: 22, summary: 'user code threw while a component was built, set up or run' },
  LINK_INVALID: { exit: 22, summary: 'a link (!@) does not parse or does not resolve' },
  STATE_INVALID: { exit: 22, summary: 'state cannot be saved, or saved state does not fit the component' },
  VERSION_MISMATCH: { exit: 22, summary: 'saved and present class differ in their major version' },
  INPUT_INVALID: { exit: 22, summary: 'the input of predict does not fit its schema' },
  OUTPUT_INVALID: { exit: 22, summary: 'the output of predict cannot be written or does not fit its schema' },
  SECRETS_INVALID: { exit: 22, summary: 'the secrets file does not parse' },
  DESTINATION_INVALID: { exit: 22, summary: 'the destination cannot hold the result' },
  DESTINATION_NOT_EMPTY: { exit: 22, summary: 'the destination already holds something' },
  SOURCE_INVALID: {
    exit: 22,
    summary: 'a source file is missing, not a regular file, or changed while it was read',
  },
  ARTIFACT_NOT_FOUND: { exit: 22, summary: 'there is no artifact at that place' },
  ARTIFACT_DAMAGED: { exit: 22, summary: 'a file of the artifact is missing, truncated or altered' },
  ARTIFACT_UNSUPPORTED: {
    exit: 22,
    summary: 'the artifact needs a later version of flambe, or another platform',
  },
  ARTIFACT_UNSAFE: {
    exit: 22,
    summary: 'the artifact has a path that leaves its directory, or expands without end',
  },
  SETTINGS_INVALID: {
    exit: 2,
    summary: 'a setting of the server does not fit; each is named with its place',
  },
  IMAGE_INVALID: { exit: 22, summary: 'no image can be made of this base, artifact and platform' },
  REFERENCE_INVALID: { exit: 2, summary: 'an image reference or a tag does not parse' },
  UNAVAILABLE: { exit: 69, summary: 'something outside is unavailable' },
  DISK_FULL: { exit: 69, summary: 'no space is left on the device' },
  DENIED: { exit: 77, summary: 'permission was denied' },
  BUG: { exit: 70, summary: 'flambe itself is at fault' },
  INTERRUPTED: { exit: 130, summary: 'the run was interrupted' },
} as const satisfies Record<string, { exit: number; summary: string }>

export type ErrorCode = keyof typeof errorCodes

/** One place in a text: 1-based line and column, and how many characters are meant. */
export type Position = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly length: number
}

/** One thing that is wrong with a user's file. Presentation (source line, caret) is `cli/`'s job. */
export type Problem = {
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly hint?: string
  readonly position?: Position
  /** The whole source line at `position`, for the caret. */
  readonly source?: string
}

export type FlambeErrorOptions = {
  readonly cause?: unknown
  /** What to do next, one sentence. */
  readonly hint?: string
  readonly problems?: readonly Problem[]
}

/**
 * A failure that the user, the outside or we are to blame for: `code` says which. A caller's misuse of the
 * API is a `TypeError` instead. Compare `code`, never the text.
 */
export class FlambeError extends Error {
  override readonly name: string = 'FlambeError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly problems: readonly Problem[]

  constructor(code: ErrorCode, message: string, { cause, hint, problems = [] }: FlambeErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.hint = hint
    this.problems = problems
  }
}

/** The exit status of a failure: its code's row, or 70 for anything that is not a `FlambeError`. */
export function exitStatus(error: unknown): number {
  return error instanceof FlambeError ? errorCodes[error.code].exit : errorCodes.BUG.exit
}
