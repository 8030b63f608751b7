import type { Artifact } from '../../artifact/index.ts'
import type { Base, ImagePlatform } from '../image.ts'
import { type ImageFacts, imageLabels } from './image-labels.ts'
import type { Compression, ContainerConfig, FileEntry, ImagePlan } from './image-plan.ts'
import { type PlacedFile, placeFiles } from './place-files.ts'
import { splitLayers } from './split-layers.ts'

export type PlanImageOptions = {
  readonly platform: ImagePlatform
  readonly base: Pick<Base, 'node' | 'name' | 'digest'>
  /** The files of the runtime, by their paths below `/flambe`. */
  readonly runtime: readonly RuntimeFile[]
  /** Of what is compressed at all. */
  readonly compression?: Exclude<Compression, 'none'>
  /** What the labels tell beside what the artifact does. */
  readonly facts?: ImageFacts
  readonly labels?: { readonly [name: string]: string }
  readonly env?: { readonly [name: string]: string }
  readonly user?: string
  readonly port?: number
}

/** A file of the runtime, relative to its folder. */
export type RuntimeFile = Pick<FileEntry, 'path' | 'size' | 'source' | 'sha256'>

/**
 * What goes into the image of an artifact, and where: `/app` is the artifact, except that the files of its `assets` folder are
 * in `/models`, with a link to them; `/flambe` is the runtime. Everything belongs to root and can be read by anyone, so that any
 * user runs it on a read-only disk. Reads nothing.
 */
export function planImage(artifact: Artifact, options: PlanImageOptions): ImagePlan {
  const { platform, runtime, compression = 'gzip' } = options
  const placed: PlacedFile[] = [
    ...placeFiles(artifact),
    ...runtime.map((file): PlacedFile => ({ part: 'runtime', entry: runtimeEntry(file) })),
  ]
  return {
    platform,
    layers: splitLayers(placed, { compression }),
    config: containerConfig(artifact, options),
  }
}

function runtimeEntry({ path, ...file }: RuntimeFile): FileEntry {
  return { kind: 'file', path: `flambe/${path}`, mode: 0o644, uid: 0, gid: 0, ...file }
}

/**
 * What Node is given before the server. The young generation, of which V8 else doubles each half (in MiB) over minutes of load, in every thread: `bench/serve.ts soak`.
 * https://nodejs.org/api/cli.html#--max-semi-space-sizesize-in-mib
 */
export const nodeOptions = ['--max-semi-space-size=16']

function containerConfig(artifact: Artifact, options: PlanImageOptions): ContainerConfig {
  const { base, facts = {}, labels = {}, env = {}, user = '65532:65532', port = 8080 } = options
  return {
    entrypoint: [base.node, ...nodeOptions, '/flambe/main.js'],
    env: { FLAMBE_ARTIFACT: '/app', NODE_ENV: 'production', ...env },
    user,
    workdir: '/app',
    ports: [port],
    stopSignal: 'SIGTERM',
    healthcheck: ['CMD', base.node, '/flambe/health.js'],
    labels: { ...imageLabels(artifact.manifest, { ...facts, base }), ...labels },
  }
}
