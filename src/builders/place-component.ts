import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { basename, isAbsolute, join, resolve } from 'node:path'
import {
  type Artifact,
  type Manifest,
  type OpenedArtifact,
  placeArtifact,
  sealArtifact,
  verifyArtifact,
} from '../artifact/index.ts'
import type { Blueprint } from '../component/index.ts'
import { type ComponentConfig, closeAll } from '../construct/index.ts'
import { FlambeError } from '../errors.ts'
import { HashCache, ownerMark } from '../files/index.ts'
import { openLocation } from '../storage/index.ts'
import { servedPrefix } from './cache/cache-kinds.ts'
import { buildComponent, draftComponent } from './component-draft.ts'
import { type PreparedSpec, prepareSpec, type RunSpecOptions } from './run-spec.ts'

/** An artifact on this machine that a server can load. */
export type PlacedComponent = {
  readonly artifact: OpenedArtifact
  /** Absolute paths of the files that it was made of; none where it was made before. */
  readonly sources: readonly string[]
  /** Removes what was made for it. */
  readonly remove: () => Promise<void>
}

/** Brings the component of a spec (built now) or of an artifact (verified) to this machine. */
export async function placeComponent(location: string, options: RunSpecOptions): Promise<PlacedComponent> {
  if (/\.ya?ml$/i.test(location)) return fromSpec(location, options)
  const { cacheDirectory, progress, signal } = options
  const artifact = await openLocation(location, { cacheDirectory, progress, signal })
  const hashCache = await HashCache.open(cacheDirectory)
  await verifyArtifact(artifact, { hashCache, signal })
  await hashCache.save()
  return { artifact, sources: [], remove: async () => {} }
}

async function fromSpec(file: string, options: RunSpecOptions): Promise<PlacedComponent> {
  const prepared = await prepareSpec(file, options)
  const sealed = await sealComponent(file, prepared)
  const parent = join(options.cacheDirectory, 'served')
  await mkdir(parent, { recursive: true })
  const directory = await mkdtemp(join(parent, servedPrefix(ownerMark())))
  const remove = () => rm(directory, { recursive: true, force: true })
  try {
    const artifact = await placeArtifact(sealed, directory)
    return { artifact, sources: sourcesOf(file, prepared, sealed), remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Builds the component that the spec's Runnable would export. */
async function sealComponent(file: string, { compiled, context }: PreparedSpec): Promise<Artifact> {
  const { component: blueprint, serve, ...named } = parseArguments(compiled.args)
  if (!blueprint)
    throw new FlambeError('SPEC_INVALID', `${file}: !${compiled.definition.type} has no component to serve`)
  const component = await buildComponent(blueprint, context)
  const { name = blueprint.config.$type } = named
  const draft = await draftComponent(component, { name, ...(serve && { serve }) }, context)
  const hashCache = await HashCache.open(context.cacheDirectory)
  const sealed = await sealArtifact(draft, { hashCache, signal: context.signal })
  await hashCache.save()
  await closeAll(component)
  return sealed
}

/** What a Builder and a DockerBuilder have in common; their arguments have been checked. */
function parseArguments(args: Readonly<Record<string, unknown>>) {
  const { component, serve, name, destination } = args as {
    readonly component?: Blueprint
    readonly serve?: Manifest['serve']
    readonly name?: string
    readonly destination?: string
  }
  const last = destination === undefined ? undefined : basename(resolve(destination))
  return { component, serve, name: name ?? last }
}

function sourcesOf(
  file: string,
  { extensions, compiled }: PreparedSpec,
  { files }: Artifact,
): readonly string[] {
  const assets = [...files.values()].flatMap(({ path, source }) =>
    path.startsWith('assets/') && source.kind === 'file' ? [source.path] : [],
  )
  // Each is a folder or an archive that is replaced as a whole.
  const loaded = loadedPaths(parseArguments(compiled.args).component?.config)
  const manifests = extensions.map(({ directory }) => join(directory, 'package.json'))
  return [resolve(file), ...extensions.flatMap(({ modules }) => modules), ...manifests, ...assets, ...loaded]
}

/** Where on this machine `load_from_path` finds what the spec names. */
function loadedPaths(config: unknown): readonly string[] {
  if (typeof config !== 'object' || config === null) return []
  const below = Object.values(config).flatMap(loadedPaths)
  const { $factory, args } = config as Partial<ComponentConfig>
  const path = $factory === 'loadFromPath' ? args?.['path'] : undefined
  return typeof path === 'string' && isAbsolute(path) ? [path, ...below] : below
}
