import { open } from 'node:fs/promises'
import type { Artifact, ClassEntry, DependencyEntry, FileEntry, Manifest } from '../artifact/index.ts'
import { readSafetensorsHeader } from '../construct/index.ts'
import type { Progress } from '../progress.ts'
import { openLocation } from '../storage/index.ts'

/** What is in an artifact, read from its manifest and the headers of its tensors. The keys are those of `--json`. */
export type Inspection = {
  readonly name: string
  readonly flambe: string
  readonly format: number
  readonly platform?: Manifest['platform']
  readonly components: readonly InspectedComponent[]
  readonly classes: { readonly [type: string]: ClassEntry }
  readonly code: Manifest['code']
  readonly dependencies: readonly DependencyEntry[]
  readonly files: readonly FileEntry[]
  /** Bytes of all files. */
  readonly size: number
}

export type InspectedComponent = {
  /** `''` is the root. */
  readonly path: string
  readonly type: string
  readonly version: string
  readonly same?: string
  readonly tensors: readonly InspectedTensor[]
  /** True where state beside tensors is saved as JSON. */
  readonly values: boolean
}

export type InspectedTensor = {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
}

export async function inspectArtifact(
  location: string,
  options: { readonly cacheDirectory: string; readonly progress: Progress; readonly signal: AbortSignal },
): Promise<Inspection> {
  const { manifest, files } = await openLocation(location, { ...options, manifestOnly: true })
  return inspectManifest(manifest, files)
}

/** What a manifest says; and what the tensors are, where the files are at hand. */
export async function inspectManifest(
  manifest: Manifest,
  files: Artifact['files'] = new Map(),
): Promise<Inspection> {
  const components: InspectedComponent[] = []
  for (const [path, { type, version, same, tensors, values }] of Object.entries(manifest.nodes)) {
    const source = tensors === undefined ? undefined : files.get(tensors)?.source
    components.push({
      path,
      type,
      version,
      ...(same !== undefined && { same }),
      tensors: source?.kind === 'file' ? await readTensors(source.path) : [],
      values: values !== undefined,
    })
  }
  const { name, flambe, format, platform, classes, code, dependencies } = manifest
  const size = manifest.files.reduce((sum, file) => sum + file.size, 0)
  return {
    name,
    flambe,
    format,
    ...(platform && { platform }),
    components,
    classes,
    code,
    dependencies,
    files: manifest.files,
    size,
  }
}

/** The tensors of a file, without their data: the header's length stands in its first 8 bytes. */
async function readTensors(file: string): Promise<InspectedTensor[]> {
  await using handle = await open(file)
  const { size } = await handle.stat()
  const start = Buffer.alloc(8)
  await handle.read(start, 0, 8, 0)
  const bytes = Buffer.alloc(Math.min(size, 8 + Number(start.readBigUInt64LE())))
  await handle.read(bytes, 0, bytes.length, 0)
  const { tensors } = readSafetensorsHeader(bytes, { name: file, size })
  return Object.entries(tensors).map(([name, { dtype, shape }]) => ({ name, dtype, shape }))
}
