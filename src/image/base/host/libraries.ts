import { dirname, join } from 'node:path'
import { type Elf, readElf } from '../../../files/index.ts'
import { readLoaderCache } from './loader-cache.ts'

/** Shared libraries of this machine, each with the file that it is. */
export type Libraries = {
  /** Absolute path of the dynamic loader; undefined where nothing is linked dynamically. */
  readonly loader?: string
  /** Name (`libc.so.6`) to path. The loader is not among them. */
  readonly found: ReadonlyMap<string, string>
  /** Names that are nowhere here, and of whom they are needed. */
  readonly missing: ReadonlyMap<string, string>
}

export type LibrariesOptions = {
  /** Names to look for besides those that the program is linked with. */
  readonly wanted?: readonly string[]
  /** Where the file system to look in begins. */
  readonly root?: string
}

/**
 * All that a program loads at start, and what those need in turn, as the dynamic loader would find it: the run paths of who needs it, the loader's cache,
 * the usual folders. https://man7.org/linux/man-pages/man8/ld.so.8.html
 */
export async function findLibraries(
  program: string,
  { wanted = [], root = '/' }: LibrariesOptions = {},
): Promise<Libraries> {
  const elf = readElf(program)
  if (!elf?.interpreter) return { found: new Map(), missing: new Map() }
  const places = { root, arch: elf.arch, cache: await readLoaderCache(join(root, 'etc/ld.so.cache')) }
  const found = new Map<string, string>()
  const missing = new Map<string, string>()
  const loaderName = elf.interpreter.split('/').at(-1) ?? ''
  const queue = [
    ...elf.needed.map((name) => ({ name, by: { path: program, runPaths: elf.runPaths } })),
    ...wanted.map((name) => ({ name, by: { path: program, runPaths: elf.runPaths } })),
  ]
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { name, by } = next
    if (name === loaderName || found.has(name) || missing.has(name)) continue
    const library = locate(name, by, places)
    if (!library) missing.set(name, by.path)
    else {
      found.set(name, library.path)
      queue.push(...library.needed.map((one) => ({ name: one, by: library })))
    }
  }
  return { loader: elf.interpreter, found, missing }
}

type Needing = { readonly path: string; readonly runPaths: readonly string[] }

type Places = {
  readonly root: string
  readonly arch: string
  readonly cache: ReadonlyMap<string, readonly string[]>
}

/** The first file of that name that is for the same processor. */
function locate(name: string, by: Needing, { root, arch, cache }: Places): (Elf & Needing) | undefined {
  const origin = dirname(by.path)
  const own = by.runPaths.map((path) => path.replace(/\$\{?ORIGIN\}?/g, origin))
  const candidates = [
    ...own.map((folder) => join(folder, name)),
    ...(cache.get(name) ?? []).map((path) => join(root, path)),
    ...usualFolders(arch).map((folder) => join(root, folder, name)),
  ]
  for (const path of candidates) {
    const elf = readElf(path)
    if (elf?.arch === arch) return { ...elf, path }
  }
  return undefined
}

/** Of Debian and its like, of Fedora and its like, of Alpine. */
function usualFolders(arch: string): string[] {
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu', arm: 'arm-linux-gnueabihf' }[arch]
  const own = triplet ? [`lib/${triplet}`, `usr/lib/${triplet}`] : []
  return [...own, 'lib64', 'usr/lib64', 'lib', 'usr/local/lib', 'usr/lib']
}
