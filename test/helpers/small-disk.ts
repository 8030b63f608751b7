import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { folder } from './folder.ts'

/** Whether a small disk can be made here: as root, on Linux. */
export function canMount(what: string): boolean {
  if (process.platform === 'linux' && process.getuid?.() === 0) return true
  process.stderr.write(`left out: ${what} on a full disk (only root can mount one)\n`)
  return false
}

/** Gives `work` a disk of its own, of `megabytes`. */
export async function onSmallDisk(megabytes: number, work: (disk: string) => Promise<void>): Promise<void> {
  const disk = join(folder(), 'disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', disk])
  try {
    await work(disk)
  } finally {
    execFileSync('umount', [disk])
  }
}
