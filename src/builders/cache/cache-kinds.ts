import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** What the cache directory holds, by the names in it. All of it may be deleted at any time, and is made or fetched again. */
export type CacheKind = {
  readonly name: string
  /** For people. */
  readonly holds: string
  /** How far below `name` the things lie that come and go as one. 0: it is one file. */
  readonly depth: 0 | 1 | 2
  /** How its things are checked: a blob is what its name says, an artifact what its manifest says. */
  readonly check?: 'blob' | 'artifact' | 'json'
}

export const cacheKinds: readonly CacheKind[] = [
  { name: 'blobs', holds: 'layers and manifests, packed here or pulled', depth: 2, check: 'blob' },
  { name: 'code', holds: 'compiled extensions', depth: 1 },
  { name: 'downloads', holds: 'downloaded archives', depth: 1 },
  { name: 'engine', holds: 'images that the engine gave out', depth: 1 },
  { name: 'extensions', holds: 'fetched packages and repositories', depth: 1 },
  { name: 'hashes.json', holds: 'digests of files that did not change', depth: 0, check: 'json' },
  { name: 'images', holds: 'which files the last images had', depth: 1, check: 'json' },
  {
    name: 'layers',
    holds: 'which layer a plan gave, and what is known of those of bases',
    depth: 1,
    check: 'json',
  },
  { name: 'platforms', holds: 'packages for other platforms', depth: 1 },
  { name: 'pulls', holds: 'unfinished pulls from S3', depth: 1 },
  { name: 'registry', holds: 'what registries have, unfinished uploads', depth: 2, check: 'json' },
  { name: 's3', holds: 'artifacts from S3', depth: 1, check: 'artifact' },
  { name: 'served', holds: 'components of specs that are served', depth: 1 },
  { name: 'stripped', holds: 'Node without what debuggers read', depth: 1 },
  { name: 'traces', holds: 'files that extensions use of packages', depth: 1, check: 'json' },
  { name: 'types', holds: 'schemas read from types', depth: 1, check: 'json' },
  { name: 'unpacked', holds: 'unpacked archives', depth: 1, check: 'artifact' },
]

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
