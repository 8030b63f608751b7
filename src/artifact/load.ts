import { readFile } from 'node:fs/promises'
import {
  type ComponentClass,
  type ComponentObject,
  type Constructible,
  compareVersions,
  construct,
  decodeState,
  isComponent,
  nodesOf,
  type ParametersOf,
  restoreState,
  setupAll,
} from '../construct/index.ts'
import { FlambeError } from '../errors.ts'
import type { HashCache } from '../files/index.ts'
import { safeJoin } from '../files/index.ts'
import { type Progress, silent } from '../progress.ts'
import { renameTypes, standsAlone } from './config-types.ts'
import type { Manifest, NodeEntry } from './manifest.ts'
import { type OpenedArtifact, type OpenOptions, openArtifact } from './open.ts'
import { assertPlatform } from './platform.ts'
import { type Types, typesOf } from './types-of.ts'
import { verifyArtifact } from './verify.ts'

export type LoadOptions = OpenOptions & {
  /** Build the root from this class as it is now, and not from the code in the artifact. */
  readonly as?: ComponentClass
  /** Path of a part: that component alone. */
  readonly node?: string
  /** Check every file first, by its digest or by its size alone. Default: true. */
  readonly verify?: boolean | 'sizes'
  /** Run `setup` of every part. Default: false. */
  readonly setup?: boolean
  /** Classes as they are now, by `$type`: they take the place of the artifact's own code. */
  readonly types?: ReadonlyMap<string, Constructible>
  /** What is known of their arguments. */
  readonly parameters?: ParametersOf | undefined
  /** `$type` of the root's class in `types`. */
  readonly type?: string
  readonly hashCache?: HashCache
  /** URL of the module that `import 'flambe'` means in the artifact's code. Default: this copy. */
  readonly flambe?: string
}

/**
 * Brings back the object that an artifact holds: its class, config and state. Installs nothing, and runs no
 * code but the component's own.
 */
export async function load(location: string, options: LoadOptions = {}): Promise<ComponentObject> {
  return loadArtifact(await openArtifact(location, options), options)
}

/** The same for an artifact that is open. */
export async function loadArtifact(
  artifact: OpenedArtifact,
  options: LoadOptions = {},
): Promise<ComponentObject> {
  const { verify = true, setup = false, node = artifact.node, hashCache, signal } = options
  if (verify)
    await verifyArtifact(artifact, { signal, digests: verify !== 'sizes', ...(hashCache && { hashCache }) })
  assertPlatform(artifact.manifest)
  const object = await build(artifact, node, options)
  if (setup) await setupAll(object, signal ? { signal } : {})
  return object
}

async function build(artifact: OpenedArtifact, path: string, options: LoadOptions): Promise<ComponentObject> {
  const { manifest, directory } = artifact
  const node = ownNode(manifest, path)
  const owner = ownerOf(manifest, node.path)
  const { classes, rename } = await typesOf(artifact, owner.entry, options)
  compareAll(manifest, { classes, rename }, options)
  const object = await construct(renameTypes(owner.config, rename), {
    types: classes,
    parameters: options.types ? options.parameters : parametersIn(manifest),
    directory,
    ...(options.signal && { signal: options.signal }),
  })
  if (!isComponent(object))
    throw new FlambeError('COMPONENT_INVALID', `${owner.config.$type} is no component`)
  await restoreNodes(artifact, object, owner.path)
  if (owner.path === node.path) return object
  const part = nodesOf(object).find((one) => joined(owner.path, one.path) === node.path)?.object
  if (part) return part
  throw new FlambeError('STATE_INVALID', `${owner.config.$type} has no part ${node.path} any more`)
}

function parametersIn({ classes }: Manifest): ParametersOf {
  return (type, factory) => {
    const known = Object.hasOwn(classes, type) ? classes[type] : undefined
    return factory === undefined ? known?.parameters : known?.factories?.[factory]
  }
}

type Found = { readonly path: string; readonly entry: NodeEntry }

function ownNode(manifest: Manifest, path: string): Found {
  const entry = Object.hasOwn(manifest.nodes, path) ? manifest.nodes[path] : undefined
  if (entry) return entry.same === undefined ? { path, entry } : ownNode(manifest, entry.same)
  const known = Object.keys(manifest.nodes).filter((one) => one !== '')
  throw new FlambeError('ARTIFACT_NOT_FOUND', `${manifest.name} has no part "${path}"`, {
    hint: known.length > 0 ? `it has ${known.join(', ')}` : 'it has no parts',
  })
}

/** The nearest component on the way to the root that can be built by itself. */
function ownerOf(
  manifest: Manifest,
  path: string,
): Found & { readonly config: NonNullable<Manifest['root']> } {
  for (let way = path; ; way = way.slice(0, Math.max(0, way.lastIndexOf('/')))) {
    const entry = manifest.nodes[way]
    const config = way === '' ? manifest.root : entry?.config
    if (entry && config && (way === '' || standsAlone(config))) return { path: way, entry, config }
    if (way === '') break
  }
  throw new FlambeError(
    'ARTIFACT_UNSUPPORTED',
    `${manifest.name} was saved without a config, so only its state can be loaded`,
    {
      hint: 'make objects with Class.create(args) and not with new, save them again, or read the state with loadState',
    },
  )
}

function compareAll(
  manifest: Manifest,
  { classes, rename }: Types,
  { progress = silent }: { progress?: Progress },
): void {
  for (const { type, version: saved } of Object.values(manifest.nodes)) {
    const present = classes.get(rename(type))
    if (typeof present !== 'function') continue
    const { version = '0.0.0' } = present as ComponentClass
    const { level, message } = compareVersions({ type, version: saved }, { type, version })
    if (level === 'error') {
      throw new FlambeError('VERSION_MISMATCH', `Incompatible Versions: ${message}`, {
        hint: 'use the class as it was saved, or convert the state and save it again',
      })
    }
    if (level === 'warning') progress({ type: 'warning', message: `Differing Versions: ${message}` })
    if (level === 'debug') progress({ type: 'notice', message })
  }
}

async function restoreNodes(
  { manifest, directory }: OpenedArtifact,
  object: ComponentObject,
  from: string,
): Promise<void> {
  // Parts before what holds them: a `loadState` may count on them.
  for (const node of nodesOf(object).toReversed()) {
    const path = joined(from, node.path)
    const entry = Object.hasOwn(manifest.nodes, path) ? manifest.nodes[path] : undefined
    if (!entry || node.same !== undefined || (!entry.tensors && !entry.values)) continue
    const read = async (file: string | undefined) =>
      file === undefined ? undefined : readFile(safeJoin(directory, file))
    const [tensors, values] = await Promise.all([read(entry.tensors), read(entry.values)])
    const state = decodeState(
      { ...(tensors && { tensors }), ...(values && { values }) },
      { name: joined(path, 'state') },
    )
    await restoreState(node.object, state)
  }
}

const joined = (a: string, b: string) => [a, b].filter((part) => part !== '').join('/')
