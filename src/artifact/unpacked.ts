import { rmSync } from 'node:fs'
import { mkdtemp, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashFile, replaceDirectory, unpackArchive } from '../files/index.ts'
import type { OpenOptions } from './open.ts'

/** The folder with the content of an archive: unpacked once a digest in the cache, else for this process only. */
export async function unpackedDirectory(
  archive: string,
  { cacheDirectory, signal }: OpenOptions,
): Promise<string> {
  if (cacheDirectory === undefined) {
    const directory = await temporaryDirectory()
    await unpackArchive(archive, directory)
    return directory
  }
  const { sha256 } = await hashFile(archive, { signal })
  const directory = join(cacheDirectory, 'unpacked', sha256)
  if (await stat(directory).catch(() => undefined)) return directory
  await replaceDirectory(directory, (temporary) => unpackArchive(archive, temporary))
  return directory
}

// One list and one listener a process: see `user-modules.ts` for why it is kept there.
const key = Symbol.for('flambe.temporary-directories')

/** A folder that goes with the process: loaded code may still read its files until then. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'flambe-unpacked-'))
  const holder = globalThis as typeof globalThis & { [key]?: string[] }
  if (!holder[key]) {
    const directories: string[] = []
    Object.defineProperty(holder, key, { value: directories })
    process.once('exit', () => {
      for (const one of directories) rmSync(one, { recursive: true, force: true })
    })
  }
  holder[key]?.push(directory)
  return directory
}
