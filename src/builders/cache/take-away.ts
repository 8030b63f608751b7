import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { lstat, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf } from '../../files/index.ts'

/**
 * Removes a thing of the cache in one step, so that nobody finds half of a folder at its name, also after a kill. False, and nothing is removed, where
 * it is gone, or where another process has put a new one there since `looked` was taken.
 */
export async function takeAway(path: string, looked: Stats): Promise<boolean> {
  const aside = join(dirname(path), `.${basename(path)}.${randomUUID()}`)
  try {
    await rename(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  const { ino, dev } = await lstat(aside)
  const isSame = ino === looked.ino && dev === looked.dev
  // Where yet another one is there by now, that one is as good.
  if (!isSame) await rename(aside, path).catch(() => {})
  await rm(aside, { recursive: true, force: true })
  return isSame
}
