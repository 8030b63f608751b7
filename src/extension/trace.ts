import type { Stats } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Platform } from '../artifact/index.ts'
import { FlambeError } from '../errors.ts'
import { globFiles, looksNative, parseElf, readNativeBinary } from '../files/index.ts'
import type { Bundle } from './bundle.ts'
import type { Source } from './extension.ts'

/** The files of packages that code really uses: absolute paths. */
export type Trace = {
  readonly files: readonly string[]
  /** Set when native files are among them. */
  readonly native: boolean
}

/**
 * Follows the imports of a bundle through its packages, adds the `included` files, and keeps what one platform
 * needs: native files for another are left out, by their headers.
 */
export async function traceFiles(
  source: Source,
  { imports }: Bundle,
  { platform, included }: { readonly platform: Platform; readonly included: readonly string[] },
): Promise<Trace> {
  const listed = imports.length > 0 ? await followImports(source, imports) : []
  const all = [...new Set([...listed, ...included, ...(await siblingLibraries(listed))])].sort()
  const kept: string[] = []
  let native = false
  for (const path of all) {
    // nft lists the links on its way too; what they lead to is listed where it really is.
    if ((await stat(path)).isDirectory()) continue
    if (!looksNative(path)) kept.push(path)
    else if (await fits(path, platform)) {
      kept.push(path)
      native = true
    }
  }
  return { files: kept, native }
}

async function followImports(source: Source, imports: Bundle['imports']): Promise<string[]> {
  const { nodeFileTrace } = await import('@vercel/nft')
  const base = '/'
  // One virtual module, or two, for each folder that imports: a package is found from where it is imported.
  const virtual = virtualModules(imports)
  const { fileList, reasons } = await nodeFileTrace([...virtual.keys()], {
    base,
    processCwd: source.directory,
    mixedModules: true,
    // `import` or `require` comes with each place that asks: a package may give each a file of its own.
    conditions: ['node', 'node-addons', 'module-sync'],
    readFile: async (path) => virtual.get(path) ?? (await readFile(path).catch(() => null)),
    stat: async (path) => (virtual.has(path) ? asFile(await stat(dirname(path))) : statOrNull(path)),
    ignore: (path) => path.endsWith('/flambe') || path.includes('node_modules/flambe/'),
  })
  assertFound(imports, reasons, source)
  return [...fileList].map((path) => join(base, path)).filter((path) => !virtual.has(path))
}

function statOrNull(path: string): Promise<Stats | null> {
  return stat(path).catch(() => null)
}

/** nft asks only whether a path is a file. */
function asFile(stats: Stats): Stats {
  return Object.assign(stats, { isFile: () => true, isDirectory: () => false })
}

function virtualModules(imports: Bundle['imports']): ReadonlyMap<string, string> {
  const asking = {
    import: { name: '.flambe-imports.mjs', text: (specifier: string) => `import ${specifier}\n` },
    require: { name: '.flambe-imports.cjs', text: (specifier: string) => `require(${specifier})\n` },
  }
  const modules = Map.groupBy(imports, ({ from, how }) => join(dirname(from), asking[how].name))
  return new Map(
    [...modules].map(([path, list]) => [
      path,
      list.map(({ specifier, how }) => asking[how].text(JSON.stringify(specifier))).join(''),
    ]),
  )
}

type Reasons = ReadonlyMap<string, unknown>

function assertFound(imports: Bundle['imports'], reasons: Reasons, { namespace }: Source): void {
  if (reasons.size > 1) return
  const [first] = imports
  throw new FlambeError(
    'EXTENSION_INVALID',
    `the packages of "${namespace}" were not found, such as ${first?.specifier}`,
  )
}

/** Files that only a `flambe: { include: [...] }` in package.json names: what code loads by names it makes up. */
export async function includedFiles({ directory }: Source): Promise<string[]> {
  const text = await readFile(join(directory, 'package.json'), 'utf8').catch(() => '{}')
  const { flambe } = JSON.parse(text) as { readonly flambe?: { readonly include?: readonly string[] } }
  if (!flambe?.include) return []
  const found: string[] = []
  for (const pattern of flambe.include) {
    for (const file of await globFiles(pattern, { directory })) found.push(file)
  }
  return found.sort()
}

/** A native module's loader finds the libraries beside it by their names, which no import tells. */
async function siblingLibraries(files: readonly string[]): Promise<string[]> {
  const found: string[] = []
  const queue = files.filter(looksNative)
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const folder = dirname(path)
    const needed = parseElf(await readFile(path))?.needed ?? []
    const beside = await readdir(folder)
    for (const name of needed.filter((one) => beside.includes(one))) {
      const library = join(folder, name)
      if (found.includes(library) || files.includes(library)) continue
      found.push(library)
      queue.push(library)
    }
  }
  return found
}

async function fits(path: string, platform: Platform): Promise<boolean> {
  const binary = await readNativeBinary(path)
  if (!binary) return true
  const libcFits = !binary.libc || !platform.libc || binary.libc === platform.libc
  return (
    binary.os === platform.os && (binary.arch === platform.arch || binary.arch === 'universal') && libcFits
  )
}
