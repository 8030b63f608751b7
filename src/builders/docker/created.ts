import { FlambeError } from '../../errors.ts'

/**
 * When an image says that it was made: `SOURCE_DATE_EPOCH` (https://reproducible-builds.org/specs/source-date-epoch/), else the time
 * of the commit, else the epoch. Never the clock: the same sources make the same image. RFC 3339.
 */
export function createdTime(sourceDateEpoch: string | undefined, commit: number | undefined): string {
  const seconds = sourceDateEpoch ? Number(sourceDateEpoch) : (commit ?? 0)
  if (Number.isInteger(seconds) && seconds >= 0 && seconds < 253_402_300_800) {
    return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
  }
  throw new FlambeError('USAGE', `SOURCE_DATE_EPOCH takes seconds since 1970, and is "${sourceDateEpoch}"`)
}
