import { FlambeError } from '../errors.ts'

/** A failure of the file system as ours: full, denied, or not what it should be. `what` names the file and the deed. */
export function fileFailure(error: unknown, what: string): FlambeError {
  if (error instanceof FlambeError) return error
  const code = codeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new FlambeError('DISK_FULL', `${what}: no space is left on the device`, {
      cause: error,
      hint: 'free some space, or choose another destination',
    })
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new FlambeError('DENIED', `${what}: permission denied`, {
      cause: error,
      hint: 'check the owner and the mode of the folder, or choose another destination',
    })
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new FlambeError('DESTINATION_INVALID', `${what}: ${reason}`, { cause: error })
}

/** The system's name of the failure (`ENOENT` …), or undefined. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
