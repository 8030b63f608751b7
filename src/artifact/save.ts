import { basename, resolve } from 'node:path'
import { type ComponentObject, isComponent } from '../construct/index.ts'
import { HashCache } from '../files/index.ts'
import { type DraftCode, draftArtifact } from './draft.ts'
import { writeArtifact } from './write.ts'

export type SaveOptions = {
  /** Replace an earlier artifact. */
  readonly force?: boolean
  /** One `.tar.gz` instead of a folder. */
  readonly compress?: boolean
  /** Default: the last name of the path. */
  readonly name?: string
  /** Code to put in, so that `load` works; without it the object is loaded by its class's `loadFromPath`. */
  readonly code?: ReadonlyMap<string, DraftCode>
  readonly signal?: AbortSignal
}

/** Saves an object's config and state in a folder, as a whole or not at all. */
export async function save(
  component: ComponentObject,
  path: string,
  options: SaveOptions = {},
): Promise<void> {
  if (!isComponent(component)) throw new TypeError('save takes a Component')
  const { force = false, compress = false, name = basename(resolve(path)), code, signal } = options
  const draft = await draftArtifact(component, { name, ...(code && { code }) })
  await writeArtifact(draft, resolve(path), { force, compress, hashCache: HashCache.none(), signal })
}
