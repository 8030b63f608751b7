import { type BigIntStats, statSync } from 'node:fs'

/**
 * A file's stat, times in nanoseconds; undefined where there is none to be had. Synchronous: what the kernel has in memory it answers in
 * microseconds, a trip through the thread pool takes ten times as long, and a build asks of thousands of files.
 */
export function statNow(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
