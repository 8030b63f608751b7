import type { Stats } from 'node:fs'
import { glob, readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { Platform } from '../artifact/index.ts'
import { FlambeError } from '../errors.ts'
import { looksNative, parseElf, readNativeBinary } from '../files/index.ts'
import type { Bundle } from './bundle.ts'
import type { Source } from './extension.ts'

/** The files of packages that code really uses: absolute paths. */
export type Trace = {
  readonly files: readonly string[]
  /** Set when native files are among them. */
  readonly native: boolean
}

/**
 * Follows the imports of a bundle through its packages, and keeps what one platform needs: native files for
 * another are left out, by their headers.
 */
export async function traceFiles(source: Source, { imports }: Bundle, platform: Platform): Promise<Trace> {
  if (imports.length === 0) return { files: [], native: false }
  const { nodeFileTrace } = await import('@vercel/nft')
  const base = '/'
  // One virtual module for each folder that imports: a package is found from where it is imported.
  const virtual = virtualModules(imports)
  const { fileList, reasons } = await nodeFileTrace([...virtual.keys()], {
    base,
    processCwd: source.directory,
    mixedModules: true,
    conditions: ['node', 'import', 'module-sync'],
    readFile: async (path) => virtual.get(path) ?? (await readFile(path).catch(() => null)),
    stat: async (path) => (virtual.has(path) ? asFile(await stat(dirname(path))) : statOrNull(path)),
    ignore: (path) => path.endsWith('/flambe') || path.includes('node_modules/flambe/'),
  })
  assertFound(imports, reasons, source)
  const listed = [...fileList].map((path) => join(base, path)).filter((path) => !virtual.has(path))
  const included = await includedFiles(source)
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

function statOrNull(path: string): Promise<Stats | null> {
  return stat(path).catch(() => null)
}

/** nft asks only whether a path is a file. */
function asFile(stats: Stats): Stats {
  return Object.assign(stats, { isFile: () => true, isDirectory: () => false })
}

function virtualModules(imports: Bundle['imports']): ReadonlyMap<string, string> {
  const folders = Map.groupBy(imports, ({ from }) => dirname(from))
  return new Map(
    [...folders].map(([folder, list]) => [
      join(folder, '.flambe-imports.mjs'),
      list.map(({ specifier }) => `import ${JSON.stringify(specifier)}\n`).join(''),
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
async function includedFiles({ directory }: Source): Promise<string[]> {
  const text = await readFile(join(directory, 'package.json'), 'utf8').catch(() => '{}')
  const { flambe } = JSON.parse(text) as { readonly flambe?: { readonly include?: readonly string[] } }
  if (!flambe?.include) return []
  const found: string[] = []
  for (const pattern of flambe.include) {
    for await (const path of glob(pattern, { cwd: directory })) found.push(join(directory, path))
  }
  const files = await Promise.all(found.map(async (path) => ((await stat(path)).isFile() ? [path] : [])))
  return files.flat()
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

/** Where a package's file goes below `code/NS`, so that Node finds it from there as it does from the source. */
export function placeFiles(files: readonly string[], { namespace }: Source): ReadonlyMap<string, string> {
  const placed = new Map<string, string>()
  for (const file of files) {
    const path = packagePath(file)
    const other = placed.get(path)
    if (other !== undefined && other !== file) throw conflict(path, namespace)
    placed.set(path, file)
  }
  return placed
}

/** From the outermost node_modules on; the store of pnpm is flattened. */
export function packagePath(file: string): string {
  const flat = file.replace(/\/node_modules\/\.pnpm\/[^/]+\/node_modules\//, '/node_modules/')
  const at = flat.indexOf('/node_modules/')
  return at === -1 ? `files/${relative('/', file)}` : flat.slice(at + 1)
}

function conflict(path: string, namespace: string): FlambeError {
  const name = path.split('node_modules/').at(-1)?.split('/').slice(0, 2).join('/')
  return new FlambeError(
    'EXTENSION_INVALID',
    `the extension "${namespace}" uses two copies of ${name} from different folders`,
    {
      hint: 'install one version of it beside the extension (npm install in its folder)',
    },
  )
}
