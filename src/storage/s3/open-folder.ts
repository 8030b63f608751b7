import { join } from 'node:path'
import {
  encodeManifest,
  manifestName,
  neededFiles,
  type OpenedArtifact,
  openArtifact,
} from '../../artifact/index.ts'
import { sha256, writeWhole } from '../../files/index.ts'
import type { Progress } from '../../progress.ts'
import { bringFiles } from './bring.ts'
import { isMissing } from './failure.ts'
import type { StoredManifest } from './manifest.ts'
import type { Source } from './source.ts'

/** An artifact that is a folder in a store, and the part of it that is wanted; `''` is the whole. */
export type FoundFolder = { readonly source: Source; readonly stored: StoredManifest; readonly node: string }

export type FolderOptions = {
  readonly cacheDirectory: string
  /** Bring the manifest alone. */
  readonly manifestOnly: boolean
  readonly progress: Progress
}

/** Times that an open begins anew because the artifact was replaced meanwhile. */
const mostReplacements = 10

type Find = () => Promise<FoundFolder | undefined>

/** Brings the files that are needed to the cache, but for those that are there; undefined where no artifact is found. */
export async function openFolder(find: Find, options: FolderOptions): Promise<OpenedArtifact | undefined> {
  for (let trial = 1, found = await find(); found; trial++) {
    try {
      return await bring(found, options)
    } catch (error) {
      // Its objects are removed once it is replaced: then the artifact is the one that replaced it.
      const now = isMissing(error) ? await find() : found
      if (trial === mostReplacements || !now || now.stored.etag === found.stored.etag) throw error
      found = now
    }
  }
  return undefined
}

/**
 * The artifact at a path, or above it where the path is that of a part: the nearest. `read` gives what is at a path,
 * which is `above` so many segments.
 */
export async function findNearest(
  segments: readonly string[],
  read: (segments: readonly string[], above: number) => Promise<Omit<FoundFolder, 'node'> | undefined>,
): Promise<FoundFolder | undefined> {
  for (let above = 0; above <= segments.length; above++) {
    const count = segments.length - above
    const found = await read(segments.slice(0, count), above)
    if (!found) continue
    const node = segments.slice(count).join('/')
    return Object.hasOwn(found.stored.manifest.nodes, node) ? { ...found, node } : undefined
  }
  return undefined
}

async function bring(
  { source, stored, node }: FoundFolder,
  { cacheDirectory, manifestOnly, progress }: FolderOptions,
): Promise<OpenedArtifact> {
  const bytes = encodeManifest(stored.manifest)
  const directory = join(cacheDirectory, 's3', sha256(bytes))
  const files = manifestOnly ? [] : neededFiles(stored.manifest, node)
  await bringFiles(source, { stored, files, directory, progress })
  await writeWhole(join(directory, manifestName), bytes)
  const opened = await openArtifact(directory)
  const there = new Set(files.map(({ path }) => path))
  return {
    ...opened,
    node,
    checked: true,
    files: new Map([...opened.files].filter(([path]) => there.has(path))),
  }
}
