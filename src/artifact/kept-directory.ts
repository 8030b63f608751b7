import { readlinkSync, rmSync } from 'node:fs'
import { access, constants, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheDirectory, isOwned, ownerMark } from '../files/index.ts'
import type { OpenOptions } from './open.ts'

/** Where archives and downloads are kept: the folder that is given, else the user's cache, else one that goes with the process. */
export async function keptDirectory({
  cacheDirectory: given,
}: Pick<OpenOptions, 'cacheDirectory'>): Promise<string> {
  if (given !== undefined) return given
  try {
    const directory = cacheDirectory()
    await mkdir(directory, { recursive: true })
    await access(directory, constants.W_OK)
    return directory
  } catch {
    return temporaryDirectory()
  }
}

// One list and one listener a process: see `user-modules.ts` for why it is kept there.
const key = Symbol.for('flambe.temporary-directories')

/** A folder that goes with the process: loaded code may still read its files until then. */
async function temporaryDirectory(): Promise<string> {
  const start = `flambe-unpacked-${processes()}-`
  await removeLeft(start)
  const directory = await mkdtemp(join(tmpdir(), `${start}${ownerMark()}-`))
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

/** Removes those of processes that a signal ended, which tells none of its listeners. */
async function removeLeft(start: string): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, mark] = /^(\d+-\d+)-/.exec(name.startsWith(start) ? name.slice(start.length) : '') ?? []
    if (mark === undefined || isOwned(mark)) continue
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {})
  }
}

/** Which processes have their ids beside this one: containers may share a folder of temporary files, and count each for itself. */
function processes(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
  } catch {
    return '0'
  }
}
