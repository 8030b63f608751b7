import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import {
  type ClassEntry,
  type CodeEntry,
  type DependencyEntry,
  type DraftCode,
  type DraftFile,
  hostPlatform,
  type Platform,
} from '../artifact/index.ts'
import { sha256 } from '../files/index.ts'
import type { Bundle } from './bundle.ts'
import { dependenciesOf } from './dependencies.ts'
import type { Source } from './extension.ts'
import { placeFiles, traceFiles } from './trace.ts'
import { traceElsewhere } from './trace-elsewhere.ts'

export type PackOptions = {
  readonly source: Source
  readonly bundle: Bundle
  readonly code: CodeEntry
  readonly classes: Readonly<Record<string, ClassEntry>>
  /** What packages' native files are for; another than this one may need other packages, which npm fetches. */
  readonly platform: Platform
  readonly cacheDirectory: string
  readonly signal?: AbortSignal | undefined
}

/** The compiled code and the files of its packages, as they go into an artifact. */
export async function packExtension(options: PackOptions): Promise<DraftCode> {
  const { source, bundle, code, classes, platform } = options
  const { files: traced, native, dependencies } = await tracePlatform(options)
  const files = new Map<string, DraftFile>()
  files.set(code.entry, textFile(`${bundle.code}//# sourceMappingURL=index.js.map\n`))
  files.set(`${code.entry}.map`, textFile(bundle.map))
  files.set(`code/${source.namespace}/package.json`, textFile('{ "type": "module" }\n'))
  for (const [path, file] of traced) {
    files.set(`code/${source.namespace}/${path}`, {
      source: { kind: 'file', path: file },
      size: (await stat(file)).size,
    })
  }
  return { code, classes, files, dependencies, ...(native && { platform }) }
}

/** The packages' files for the wanted platform, by path below `code/NS`. */
async function tracePlatform(options: PackOptions): Promise<
  Omit<Traced, 'files' | 'witnesses'> & {
    readonly files: ReadonlyMap<string, string>
  }
> {
  const { source, platform, cacheDirectory, signal } = options
  const host = hostPlatform()
  const there = await cachedTrace(options)
  if (isDeepStrictEqual(platform, host)) return { ...there, files: placeFiles(there.files, source) }
  const here = await cachedTrace({ ...options, platform: host })
  const traces = { here: here.files, there: there.files }
  const elsewhere = await traceElsewhere(traces, { platform, cacheDirectory, signal })
  const files = new Map([...placeFiles(elsewhere.files, source), ...elsewhere.placed])
  const dependencies = await dependenciesOf([...files.values()])
  return { files, native: there.native || elsewhere.placed.size > 0, dependencies }
}

type Traced = {
  readonly files: readonly string[]
  readonly native: boolean
  readonly dependencies: readonly DependencyEntry[]
  /** package.json of each package, and the lock: path -> stat signature. */
  readonly witnesses: Readonly<Record<string, string>>
}

/** The trace, kept while what it was made from is as it was: following thousands of modules takes seconds. */
async function cachedTrace({
  source,
  bundle,
  platform,
  cacheDirectory,
}: Omit<PackOptions, 'code' | 'classes'>): Promise<Traced> {
  if (bundle.imports.length === 0) return { files: [], native: false, dependencies: [], witnesses: {} }
  const key = sha256(JSON.stringify([1, bundle.imports, platform, source.directory]))
  const file = join(cacheDirectory, 'traces', `${key}.json`)
  const known = await readTrace(file)
  if (known && (await isFresh(known))) return known
  const { files, native } = await traceFiles(source, bundle, platform)
  const dependencies = await dependenciesOf(files)
  const witnesses = await signatures(witnessesOf(files, source))
  const traced = { files, native, dependencies, witnesses }
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.${process.pid}.tmp`, JSON.stringify(traced))
  await rename(`${file}.${process.pid}.tmp`, file)
  return traced
}

/** What changes when an installation does: every package's own file, npm's record, the extension's own package.json. */
function witnessesOf(files: readonly string[], { directory }: Source): string[] {
  const roots = new Set(files.map((file) => file.slice(0, file.indexOf('/node_modules/'))))
  const records = [...roots].map((root) => join(root, 'node_modules', '.package-lock.json'))
  return [
    ...files.filter((file) => file.endsWith('/package.json')),
    ...records,
    join(directory, 'package.json'),
  ]
}

async function signatures(paths: readonly string[]): Promise<Record<string, string>> {
  const pairs = await Promise.all(paths.map(async (path) => [path, await signature(path)] as const))
  return Object.fromEntries(pairs)
}

async function signature(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined)
  return stats ? `${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}` : ''
}

async function isFresh({ witnesses, files }: Traced): Promise<boolean> {
  const now = await signatures(Object.keys(witnesses))
  if (Object.entries(witnesses).some(([path, before]) => now[path] !== before)) return false
  const there = await Promise.all(
    files.map((file) =>
      stat(file).then(
        () => true,
        () => false,
      ),
    ),
  )
  return there.every(Boolean)
}

async function readTrace(file: string): Promise<Traced | undefined> {
  try {
    const traced = JSON.parse(await readFile(file, 'utf8')) as Traced
    return Array.isArray(traced.files) && Array.isArray(traced.dependencies) && traced.witnesses
      ? traced
      : undefined
  } catch {
    return undefined
  }
}

function textFile(text: string): DraftFile {
  const bytes = new TextEncoder().encode(text)
  return { source: { kind: 'bytes', chunks: [bytes] }, size: bytes.length }
}
