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

/** What a file looked like, short enough to be kept of thousands. */
export type Stamp = {
  /** Device, inode, size, times of the last changes of content and of all else: a file with the same one is as it was. */
  readonly signature: string
  /** Bytes. */
  readonly size: number
}

export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): Stamp {
  // One flat text: a template would hold on to all its parts.
  return { signature: [dev, ino, size, mtimeNs, ctimeNs].join(' '), size: Number(size) }
}

/** A file's stamp; undefined where there is none to be had. */
export function stampNow(path: string): Stamp | undefined {
  const stats = statNow(path)
  return stats && stampOf(stats)
}
