import { constants } from 'node:fs'
import { chmod, copyFile, open } from 'node:fs/promises'
import { fileFailure } from './failure.ts'
import { type HashedFile, hashFile } from './hash.ts'

/**
 * Copies a regular file and hashes it on the way: a reflink where the disk can (then only the hash reads it),
 * else one pass that reads, hashes and writes. Never a hard link: a later edit of the source would reach the copy.
 */
export async function copyHashed(
  source: string,
  target: string,
  { executable = false, signal, onBytes }: CopyOptions = {},
): Promise<HashedFile> {
  if (await reflink(source, target)) {
    await chmod(target, executable ? 0o755 : 0o644)
    // The clone is hashed, not the source: what is saved is what was hashed.
    return hashFile(target, { signal, onBlock: (block) => onBytes?.(block.length) })
  }
  try {
    await using file = await open(target, 'wx', executable ? 0o755 : 0o644)
    const onBlock = async (block: Uint8Array, position: number) => {
      for (let done = 0; done < block.length; ) {
        done += (await file.write(block, done, block.length - done, position + done)).bytesWritten
      }
      onBytes?.(block.length)
    }
    return await hashFile(source, { signal, onBlock })
  } catch (error) {
    signal?.throwIfAborted()
    throw fileFailure(error, `writing ${target}`)
  }
}

export type CopyOptions = {
  readonly executable?: boolean
  readonly signal?: AbortSignal | undefined
  readonly onBytes?: (count: number) => void
}

async function reflink(source: string, target: string): Promise<boolean> {
  try {
    await copyFile(source, target, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL)
    return true
  } catch {
    return false
  }
}
