import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { hashFile, replaceDirectory, unpackArchive } from '../files/index.ts'
import { keptDirectory } from './kept-directory.ts'
import type { OpenOptions } from './open.ts'

/** The folder with the content of an archive: unpacked once a digest. */
export async function unpackedDirectory(archive: string, options: OpenOptions): Promise<string> {
  const { sha256 } = await hashFile(archive, { signal: options.signal })
  const directory = join(await keptDirectory(options), 'unpacked', sha256)
  if (await stat(directory).catch(() => undefined)) return directory
  await replaceDirectory(directory, (temporary) => unpackArchive(archive, temporary))
  return directory
}
