import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { manifestName } from '../../artifact/index.ts'
import { isOwned } from '../../files/index.ts'

/** What the cache directory holds, by the names in it. All of it may be deleted at any time, and is made or fetched again. */
export type CacheKind = {
  readonly name: string
  /** For people. */
  readonly holds: string
  /** How far below `name` the things lie that come and go as one. 0: it is one file. */
  readonly depth: 0 | 1 | 2
  /** How its things are checked: a blob is what its name says, an artifact what its manifest says, a record what its last line says. */
  readonly check?: 'blob' | 'artifact' | 'json' | 'record'
  /** What a thing is called once it is whole; any name if left out. Until then it is under another one beside it. */
  readonly finished?: RegExp
  /** The file of a folder that is written last, where the folder has its name from the start. */
  readonly last?: string
}

const digest = /^[0-9a-f]{64}$/
const json = /\.json$/
const folder = /^[^.]/
const never = /^$/

export const cacheKinds: readonly CacheKind[] = [
  {
    name: 'blobs',
    holds: 'layers and manifests, packed here or pulled',
    depth: 2,
    check: 'blob',
    finished: digest,
  },
  { name: 'code', holds: 'compiled extensions', depth: 1, finished: /\.mjs$/ },
  { name: 'downloads', holds: 'downloaded archives', depth: 1, finished: never },
  { name: 'engine', holds: 'images that the engine gave out', depth: 1, finished: /\.tar$/ },
  { name: 'extensions', holds: 'fetched packages and repositories', depth: 1, finished: folder },
  { name: 'hashes.json', holds: 'digests of files that did not change', depth: 0, check: 'json' },
  { name: 'images', holds: 'which files the last images had', depth: 1, check: 'json', finished: json },
  {
    name: 'layers',
    holds: 'which layer a plan gave, and what is known of those of bases',
    depth: 1,
    check: 'json',
    finished: json,
  },
  { name: 'platforms', holds: 'packages for other platforms', depth: 1, finished: folder },
  { name: 'programs', holds: 'Node without what debuggers read', depth: 1, finished: digest },
  { name: 'pulls', holds: 'unfinished pulls', depth: 1, finished: never },
  {
    name: 'registry',
    holds: 'what registries have, unfinished uploads',
    depth: 2,
    check: 'json',
    finished: json,
  },
  { name: 's3', holds: 'artifacts from S3 and from URLs', depth: 1, check: 'artifact', last: manifestName },
  { name: 'served', holds: 'components of specs that are served', depth: 1 },
  { name: 'traces', holds: 'files that extensions use of packages', depth: 1, check: 'json', finished: json },
  { name: 'types', holds: 'schemas read from types', depth: 1, check: 'record', finished: json },
  { name: 'unpacked', holds: 'unpacked archives', depth: 1, check: 'artifact', finished: folder },
  { name: 'validators', holds: 'compiled schemas', depth: 1, check: 'record', finished: /\.js$/ },
]

/** Whether a thing is whole; else it is being made, or was left by who was interrupted. */
export async function isFinished({ finished, last }: CacheKind, path: string): Promise<boolean> {
  if (finished && !finished.test(basename(path))) return false
  if (last === undefined) return true
  return stat(join(path, last)).then(
    () => true,
    () => false,
  )
}

/** What a folder is called that the component of a process on this machine lies in while it is served. */
export const servedPrefix = (mark: string) => `component-${mark}-`

/** Whether a process still serves from it. */
export function isServed({ name }: CacheKind, path: string): boolean {
  const [, mark] = /^component-(\d+-\d+)-/.exec(basename(path)) ?? []
  return name === 'served' && mark !== undefined && isOwned(mark)
}

/** The paths of the things of a kind. */
export async function cacheEntries(directory: string, { name, depth }: CacheKind): Promise<string[]> {
  let level = [name]
  for (let n = 0; n < depth; n++)
    level = (await Promise.all(level.map((one) => below(directory, one)))).flat()
  return level.map((one) => join(directory, one))
}

/** The kinds that are there: known ones, and whatever a later version put beside them. */
export async function presentKinds(directory: string): Promise<CacheKind[]> {
  const names = (await below(directory, '.')).sort()
  return names.map((name) => cacheKinds.find((kind) => kind.name === name) ?? { name, holds: '', depth: 0 })
}

async function below(directory: string, folder: string): Promise<string[]> {
  const names = await readdir(join(directory, folder)).catch((): string[] => [])
  return names.map((one) => join(folder, one))
}
