import type { Artifact, ArtifactFile, FileSource, Manifest } from '../../src/artifact/index.ts'
import { sha256 } from '../../src/files/index.ts'
import type { Base } from '../../src/image/index.ts'
import { imageOf, randomLayer } from './registry/images.ts'

export type GivenFile =
  | string
  | { readonly size: number; readonly path?: string; readonly executable?: true; readonly sha256?: string }

/** An artifact with these files: a text as content, or only a size where nobody reads it. */
export function artifactOf(
  files: Readonly<Record<string, GivenFile>>,
  { name = 'thing', platform }: { name?: string; platform?: Manifest['platform'] } = {},
): Artifact {
  const entries = Object.entries(files).map(([path, given]): [string, ArtifactFile] => {
    if (typeof given === 'string') {
      const bytes = Buffer.from(given)
      const source: FileSource = { kind: 'bytes', chunks: [bytes] }
      return [path, { path, size: bytes.length, sha256: sha256(bytes), source }]
    }
    const { size, executable, path: file = `/nowhere/${path}`, sha256: digest = sha256(path) } = given
    const source: FileSource = { kind: 'file', path: file }
    return [path, { path, size, sha256: digest, source, ...(executable && { executable }) }]
  })
  const manifest: Manifest = {
    format: 1,
    flambe: '0.0.0',
    name,
    root: { $type: 'ext.Thing', args: {} },
    nodes: { '': { type: 'ext.Thing', version: '1.2.3', config: { $type: 'ext.Thing', args: {} } } },
    classes: {
      'ext.Thing': {
        version: '1.2.3',
        description: 'Does things.',
        predict: { input: { type: 'number' }, output: { type: 'string' } },
        source: 'x',
      },
    },
    code: { ext: { entry: 'code/ext/index.js', location: './ext' } },
    dependencies: [],
    ...(platform && { platform }),
    files: entries.map(([, { source: _, ...entry }]) => entry),
  }
  return { manifest, files: new Map(entries) }
}

/** A base of one small layer. */
export function smallBase(options: { readonly layers?: number } = {}): Base {
  const layers = Array.from({ length: options.layers ?? 1 }, () =>
    randomLayer(500, { gzip: true, title: 'base' }),
  )
  return { image: imageOf(layers, { env: ['PATH=/bin', 'NODE_ENV=test'] }), node: '/usr/bin/node' }
}
