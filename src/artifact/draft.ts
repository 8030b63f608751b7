import { stat } from 'node:fs/promises'
import {
  type ComponentNode,
  type ComponentObject,
  encodeState,
  makingOf,
  nodesOf,
  readState,
} from '../construct/index.ts'
import { FlambeError } from '../errors.ts'
import { version } from '../version.ts'
import type { Draft, DraftFile } from './artifact.ts'
import { AssetPaths } from './assets.ts'
import { typesIn } from './config-types.ts'
import {
  type ClassEntry,
  type CodeEntry,
  type DependencyEntry,
  type Manifest,
  manifestFormat,
  manifestName,
  type NodeEntry,
  type Platform,
} from './manifest.ts'
import { encodeManifest } from './parse-manifest.ts'

/** Compiled user code, and what it needs: one for each namespace of the spec's header. */
export type DraftCode = {
  readonly code: CodeEntry
  /** By export name. */
  readonly classes: Readonly<Record<string, ClassEntry>>
  /** By path in the artifact. */
  readonly files: ReadonlyMap<string, DraftFile>
  readonly dependencies: readonly DependencyEntry[]
  /** Set when native files are among `files`. */
  readonly platform?: Platform
}

export type DraftOptions = {
  readonly name: string
  /** By namespace; those that no component uses are left out. */
  readonly code?: ReadonlyMap<string, DraftCode>
  /** The exact text of the spec. */
  readonly spec?: string
  /** The compiled config for people to read. */
  readonly configText?: string
  /** Settings of the server, as the spec gives them. */
  readonly serve?: NonNullable<Manifest['serve']>
}

/** What an artifact of this object consists of. Nothing is written, and no large file is read. */
export async function draftArtifact(
  component: ComponentObject,
  { name, code = new Map(), spec, configText, serve }: DraftOptions,
): Promise<Draft> {
  const assets = new AssetPaths()
  const files = new Map<string, DraftFile>()
  const nodes: [string, NodeEntry][] = []
  for (const node of nodesOf(component)) nodes.push([node.path, describeNode(node, { assets, files })])
  for (const [source, path] of assets.paths) files.set(path, await assetFile(source))
  const root = nodes[0]?.[1].config
  const used = usedCode(
    nodes.map(([, node]) => node),
    code,
  )
  for (const one of used.values()) for (const [path, file] of one.files) files.set(path, file)
  if (spec !== undefined) files.set('spec.yaml', textFile(spec))
  if (configText !== undefined) files.set('config.yaml', textFile(configText))
  const platform = [...used.values()].find((one) => one.platform)?.platform
  const manifest: Omit<Manifest, 'files'> = {
    format: manifestFormat,
    flambe: version,
    name,
    ...(root && { root }),
    nodes: Object.fromEntries(nodes),
    classes: usedClasses(
      nodes.map(([, node]) => node),
      used,
    ),
    code: Object.fromEntries([...used].map(([namespace, one]) => [namespace, one.code])),
    dependencies: mergeDependencies(used),
    ...(serve && { serve }),
    ...(platform && { platform }),
  }
  return { manifest, files }
}

function describeNode(
  { path, object, same }: ComponentNode,
  { assets, files }: { assets: AssetPaths; files: Map<string, DraftFile> },
): NodeEntry {
  const making = makingOf(object)
  const type = making?.config.$type ?? object.constructor.name
  const { version: saved = '0.0.0' } = object.constructor as { readonly version?: string }
  if (path !== '') files.set(`${path}/${manifestName}`, partFile(path))
  const config = making && { config: assets.rewrite(making.config) }
  if (same !== undefined) return { type, version: saved, same, ...config }
  const { tensors, values } = encodeState(readState(object), { owner: type })
  const place = (name: string) => (path === '' ? name : `${path}/${name}`)
  if (tensors) files.set(place('state.safetensors'), bytesFile(tensors))
  if (values) files.set(place('state.json'), bytesFile(values))
  return {
    type,
    version: saved,
    ...config,
    ...(tensors && { tensors: place('state.safetensors') }),
    ...(values && { values: place('state.json') }),
  }
}

function partFile(path: string): DraftFile {
  const of = path
    .split('/')
    .map(() => '..')
    .join('/')
  return bytesFile([encodeManifest({ format: manifestFormat, part: { of, node: path } })])
}

async function assetFile(source: string): Promise<DraftFile> {
  const stats = await stat(source).catch((cause) => {
    throw new FlambeError('SOURCE_INVALID', `the file asset ${source} is not there`, { cause })
  })
  if (!stats.isFile()) throw new FlambeError('SOURCE_INVALID', `the file asset ${source} is no regular file`)
  return { source: { kind: 'file', path: source }, size: stats.size }
}

function usedCode(nodes: readonly NodeEntry[], code: ReadonlyMap<string, DraftCode>): Map<string, DraftCode> {
  const types = new Set(nodes.flatMap(({ type, config }) => [type, ...(config ? typesIn(config) : [])]))
  const namespaces = new Set([...types].map(namespaceOf))
  return new Map(
    [...code].filter(([namespace]) => namespaces.has(namespace)).sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

function usedClasses(nodes: readonly NodeEntry[], code: ReadonlyMap<string, DraftCode>): Manifest['classes'] {
  const types = new Set(nodes.flatMap(({ type, config }) => [type, ...(config ? typesIn(config) : [])]))
  const entries = [...types].sort().flatMap((type): [string, ClassEntry][] => {
    const entry = code.get(namespaceOf(type))?.classes[type.slice(type.indexOf('.') + 1)]
    return entry ? [[type, entry]] : []
  })
  return Object.fromEntries(entries)
}

function mergeDependencies(code: ReadonlyMap<string, DraftCode>): DependencyEntry[] {
  const all = new Map<string, DependencyEntry>()
  for (const { dependencies } of code.values()) {
    for (const entry of dependencies) all.set(`${entry.name}@${entry.version}`, entry)
  }
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry)
}

const namespaceOf = (type: string) => type.slice(0, Math.max(0, type.indexOf('.')))
const textFile = (text: string) => bytesFile([new TextEncoder().encode(text)])
const bytesFile = (chunks: readonly Uint8Array[]): DraftFile => ({
  source: { kind: 'bytes', chunks },
  size: chunks.reduce((sum, { length }) => sum + length, 0),
})
