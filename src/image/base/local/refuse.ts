import { FlambeError } from '../../../errors.ts'
import type { ImagePlatform } from '../../image.ts'
import { choosePlatform, formatPlatform } from '../../registry/platform.ts'
import type { FileSet } from './file-set.ts'

export type LocalOptions = {
  /** Linux on this machine's processor if left out. */
  readonly platform?: ImagePlatform | undefined
  /** Its name in a layout or archive that has several. */
  readonly name?: string | undefined
}

/** Refuses an image that is for another platform than asked for. */
export function checkPlatform(
  files: FileSet,
  platform: ImagePlatform,
  { platform: wanted }: LocalOptions,
): void {
  if (!wanted || choosePlatform([{ platform }], wanted)) return
  throw invalid(files, `it is for ${formatPlatform(platform)}, and ${formatPlatform(wanted)} is wanted`)
}

export function invalid({ name }: FileSet, problem: string, hint?: string): FlambeError {
  return new FlambeError('IMAGE_INVALID', `${name} cannot be used as an image: ${problem}`, {
    ...(hint && { hint }),
  })
}
