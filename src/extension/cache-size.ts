import { join } from 'node:path'
import { sizeOf } from '../files/index.ts'
import type { Progress } from '../progress.ts'

const large = 100 * 1000 ** 2

/** Warns where what was fetched takes much of the disk: nothing of it goes by itself. */
export async function warnOfSize(
  cacheDirectory: string,
  { progress, limit = large }: { readonly progress: Progress; readonly limit?: number },
): Promise<void> {
  const directory = join(cacheDirectory, 'extensions')
  const size = await sizeOf(directory)
  if (size <= limit) return
  progress({
    type: 'warning',
    message: `fetched extensions take ${Math.round(size / 1000 ** 2)} MB in ${directory}`,
    hint: '"flambe cache prune" removes what was not used lately; all of it can be fetched again',
  })
}
