/**
 * One row a code: the exit status it maps to, what it means, and what to do where an error has no better hint.
 * `docs/errors.md` says the same to users.
 */
export const errorCodes = {
  USAGE: {
    exit: 2,
    summary: 'the command line is wrong',
    remedy: 'flambe --help lists the commands, and flambe COMMAND --help its arguments and flags',
  },
  SPEC_NOT_FOUND: {
    exit: 22,
    summary: 'the spec file is not there or cannot be read',
    remedy: 'check the path; it is relative to the folder that you are in',
  },
  SPEC_INVALID: {
    exit: 22,
    summary: 'the spec has problems; each is listed with its position',
    remedy: 'mend each place that is listed; docs/01-spec.md tells what a spec may say',
  },
  EXTENSION_NOT_FOUND: {
    exit: 22,
    summary: 'an extension is not where the spec says',
    remedy: 'correct its location in the first document of the spec; it is relative to the spec',
  },
  EXTENSION_NOT_INSTALLED: {
    exit: 22,
    summary: 'an extension must be fetched first (--install-extensions)',
    remedy: 'add --install-extensions (-i), or give the location of a local folder',
  },
  EXTENSION_INVALID: {
    exit: 22,
    summary: 'an extension does not compile, throws at import or exports nothing',
    remedy: 'mend the file and line that are named; an extension exports classes of components',
  },
  EXTENSION_FETCH_FAILED: {
    exit: 69,
    summary: 'npm or git could not fetch an extension',
    remedy: 'see that npm or git fetches it by hand: its name, its version, the network, a login',
  },
  COMPONENT_INVALID: {
    exit: 22,
    summary: 'a class or an object does not keep the rules of a component',
    remedy: 'mend the class; docs/02-components.md tells what a component keeps to',
  },
  COMPONENT_FAILED: {
    exit: 22,
    summary: 'user code threw while a component was built, set up or run',
    remedy: 'mend the code that threw; --debug shows its stack',
  },
  LINK_INVALID: {
    exit: 22,
    summary: 'a link (!@) does not parse or does not resolve',
    remedy: 'write argument[key].attribute as the built object has it',
  },
  STATE_INVALID: {
    exit: 22,
    summary: 'state cannot be saved, or saved state does not fit the component',
    remedy:
      'keep to numbers, strings, typed arrays, and lists and mappings of them; docs/03-state-and-assets.md',
  },
  VERSION_MISMATCH: {
    exit: 22,
    summary: 'saved and present class differ in their major version',
    remedy: 'use the class as it was saved, or convert the state and save it again',
  },
  INPUT_INVALID: {
    exit: 22,
    summary: 'the input of predict does not fit its schema',
    remedy: 'mend the input; flambe inspect shows its schema',
  },
  OUTPUT_INVALID: {
    exit: 22,
    summary: 'the output of predict cannot be written or does not fit its schema',
    remedy: 'return what the type of predict says, in values that JSON has',
  },
  SECRETS_INVALID: {
    exit: 22,
    summary: 'the secrets file does not parse',
    remedy: 'write sections in brackets and NAME = value below them',
  },
  DESTINATION_INVALID: {
    exit: 22,
    summary: 'the destination cannot hold the result',
    remedy: 'choose another destination: a folder of its own, or s3://bucket/path',
  },
  DESTINATION_NOT_EMPTY: {
    exit: 22,
    summary: 'the destination already holds something',
    remedy: 'choose another destination; --force replaces an earlier artifact',
  },
  SOURCE_INVALID: {
    exit: 22,
    summary: 'a source file is missing, not a regular file, or changed while it was read',
    remedy: 'check the path, and wait until whatever writes the file is done',
  },
  ARTIFACT_NOT_FOUND: {
    exit: 22,
    summary: 'there is no artifact at that place',
    remedy: 'give the place that flambe build printed',
  },
  ARTIFACT_DAMAGED: {
    exit: 22,
    summary: 'a file of the artifact is missing, truncated or altered',
    remedy: 'pull it or build it again',
  },
  ARTIFACT_UNSUPPORTED: {
    exit: 22,
    summary: 'the artifact needs a later version of flambe, or another platform',
    remedy: 'update flambe, or build the artifact for this platform',
  },
  ARTIFACT_UNSAFE: {
    exit: 22,
    summary:
      'the artifact has a path that leaves its directory, expands without end, or came without TLS where TLS was asked for',
    remedy: 'do not use it unless you know who made it and why',
  },
  SETTINGS_INVALID: {
    exit: 2,
    summary: 'a setting of the server does not fit; each is named with its place',
    remedy: 'mend each setting that is named; docs/08-serving.md lists them with their limits',
  },
  IMAGE_INVALID: {
    exit: 22,
    summary: 'no image can be made of this base, artifact and platform',
    remedy: 'choose another --base or --platform; docs/06-images.md tells what fits',
  },
  REFERENCE_INVALID: {
    exit: 2,
    summary: 'an image reference or a tag does not parse',
    remedy: 'write host/name:tag in lower case, such as ghcr.io/me/app:v1',
  },
  UNAVAILABLE: {
    exit: 69,
    summary: 'something outside is unavailable',
    remedy: 'see that it runs and can be reached, and try again; flambe doctor looks at each',
  },
  DISK_FULL: {
    exit: 69,
    summary: 'no space is left on the device',
    remedy: 'free some space, or use another disk; flambe cache prune gives back what the cache takes',
  },
  DENIED: {
    exit: 77,
    summary: 'permission was denied',
    remedy:
      'check who you are: docker login for a registry, the AWS credentials for S3, the owner of a folder',
  },
  BUG: {
    exit: 70,
    summary: 'flambe itself is at fault',
    remedy: 'please report it with the lines above',
  },
  INTERRUPTED: {
    exit: 130,
    summary: 'the run was interrupted',
    remedy: 'run it again; nothing half made is left behind',
  },
} as const satisfies Record<string, { exit: number; summary: string; remedy: string }>

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
