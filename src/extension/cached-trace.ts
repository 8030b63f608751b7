import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DependencyEntry, Platform } from '../artifact/index.ts'
import { type Stamp, sha256, stampNow, statNow, writeCached } from '../files/index.ts'
import type { Bundle } from './bundle.ts'
import { dependenciesOf } from './dependencies.ts'
import type { Source } from './extension.ts'
import { includedFiles, traceFiles } from './trace.ts'

export type TraceOptions = {
  readonly source: Source
  readonly bundle: Bundle
  readonly platform: Platform
  readonly cacheDirectory: string
}

/** The files that code uses, and what they were found from. */
export type Traced = {
  readonly files: readonly string[]
  readonly native: boolean
  readonly dependencies: readonly DependencyEntry[]
  /** package.json of each package, and the lock: path -> stat signature. */
  readonly witnesses: Readonly<Record<string, string>>
}

/** Path -> its stamp when the trace was checked. */
export type StampsOf = ReadonlyMap<string, Stamp>

/** The trace, kept while what it was made from is as it was: following thousands of modules takes seconds. */
export async function cachedTrace({
  source,
  bundle,
  platform,
  cacheDirectory,
}: TraceOptions): Promise<Traced & { readonly stamps: StampsOf }> {
  const included = await includedFiles(source)
  if (bundle.imports.length + included.length === 0) {
    return { files: [], native: false, dependencies: [], witnesses: {}, stamps: new Map() }
  }
  const key = sha256(JSON.stringify([2, bundle.imports, included, platform, source.directory]))
  const file = join(cacheDirectory, 'traces', `${key}.json`)
  const known = await readTrace(file)
  const stamps = known && isFresh(known) ? stampsOf(known.files) : undefined
  if (known && stamps) return { ...known, stamps }
  const { files, native } = await traceFiles(source, bundle, { platform, included })
  const dependencies = await dependenciesOf(files)
  const witnesses = signatures(witnessesOf(files, source))
  const traced = { files, native, dependencies, witnesses }
  await writeCached(file, JSON.stringify(traced))
  return { ...traced, stamps: stampsOf(files) ?? new Map() }
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

function signatures(paths: readonly string[]): Record<string, string> {
  return Object.fromEntries(paths.map((path) => [path, signature(path)]))
}

function signature(path: string): string {
  const stats = statNow(path)
  return stats ? `${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}` : ''
}

function isFresh({ witnesses }: Traced): boolean {
  return Object.entries(witnesses).every(([path, before]) => signature(path) === before)
}

/** Undefined where one of them is gone. */
function stampsOf(files: readonly string[]): StampsOf | undefined {
  const found = new Map<string, Stamp>()
  for (const file of files) {
    const stamp = stampNow(file)
    if (!stamp) return undefined
    found.set(file, stamp)
  }
  return found
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
