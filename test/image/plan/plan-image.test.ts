import { describe, expect, test } from 'vitest'
import { type LayerPlan, type PlanImageOptions, planImage } from '../../../src/image/index.ts'
import { artifactOf, type GivenFile } from '../../helpers/artifacts.ts'

const mebibyte = 2 ** 20
const options: PlanImageOptions = {
  platform: { os: 'linux', architecture: 'amd64' },
  base: {
    node: '/nodejs/bin/node',
    name: 'gcr.io/distroless/nodejs:nonroot',
    digest: `sha256:${'a'.repeat(64)}`,
  },
  runtime: [{ path: 'chunks/a.js', size: 1, source: { kind: 'bytes', chunks: [Buffer.from('x')] } }],
}
const plan = (files: Record<string, GivenFile>, more: Partial<PlanImageOptions> = {}) =>
  planImage(artifactOf(files), { ...options, ...more })

/** A layer as `title compression: paths`. */
const shown = ({ title, compression, entries }: LayerPlan) =>
  `${title} ${compression}: ${entries.map(({ path }) => path).join(' ')}`

describe('the plan of an image', () => {
  test('puts what is large and rarely changes below what is small and often does', () => {
    const { layers } = plan({
      'assets/weights.safetensors': { size: 100 * mebibyte },
      'assets/larger.bin': { size: 200 * mebibyte },
      'assets/middle.onnx': { size: 5 * mebibyte },
      'assets/vocabulary.json': { size: 5 * mebibyte },
      'assets/tiny.txt': { size: 100 },
      'state.safetensors': { size: 100 },
      'model/state.safetensors': { size: 2 * mebibyte },
      'code/ext/index.js': { size: 1000 },
      'code/ext/node_modules/lib/index.js': { size: 1000 },
      'spec.yaml': { size: 10 },
    })
    expect(layers.map(shown)).toEqual([
      'assets none: models/larger.bin',
      'assets none: models/weights.safetensors',
      'assets none: models/middle.onnx app/model/state.safetensors',
      'assets gzip: models/vocabulary.json models/tiny.txt',
      'dependencies gzip: app/code/ext/node_modules/lib/index.js',
      'runtime gzip: flambe/chunks/a.js',
      'component gzip: app/code/ext/index.js app/spec.yaml app/assets app/flambe.json app/state.safetensors',
    ])
    expect(layers[0]?.detail).toBe('models/larger.bin')
  })

  test('has no layer for what is not there, and no link to assets without assets', () => {
    const { layers } = plan({ 'code/ext/index.js': 'x' }, { runtime: [] })
    expect(layers.map(shown)).toEqual(['component gzip: app/code/ext/index.js app/flambe.json'])
  })

  test('counts its layers: of a hundred large files, the largest have one each', () => {
    const files = Array.from({ length: 100 }, (_, index) => {
      return [`assets/shard-${index}.bin`, { size: (64 + index) * mebibyte }] as const
    })
    const { layers } = plan(Object.fromEntries(files))
    expect(layers).toHaveLength(64 + 1 + 2)
    expect(layers[0]?.detail).toBe('models/shard-99.bin')
    expect(layers[64]?.entries).toHaveLength(36)
  })

  test('makes everything readable for anyone and owned by root, executables included', () => {
    const { layers } = plan({ 'code/ext/tool': { size: 1, executable: true }, 'assets/a': 'x' })
    const entries = layers.flatMap((layer) => layer.entries)
    expect(entries.every(({ uid, gid }) => uid === 0 && gid === 0)).toBe(true)
    expect(entries.find(({ path }) => path === 'app/code/ext/tool')?.mode).toBe(0o755)
    expect(entries.find(({ path }) => path === 'models/a')?.mode).toBe(0o644)
    expect(entries.find(({ path }) => path === 'app/assets')).toMatchObject({
      kind: 'symlink',
      target: '/models',
    })
  })

  test('says how a container starts', () => {
    const { config } = plan({}, { env: { A: '1', NODE_ENV: 'staging' }, user: '7:8', port: 9000 })
    expect(config).toMatchObject({
      entrypoint: ['/nodejs/bin/node', '--max-semi-space-size=16', '/flambe/main.js'],
      env: { FLAMBE_ARTIFACT: '/app', NODE_ENV: 'staging', A: '1' },
      user: '7:8',
      workdir: '/app',
      ports: [9000],
      stopSignal: 'SIGTERM',
      healthcheck: ['CMD', '/nodejs/bin/node', '/flambe/health.js'],
    })
    expect(plan({}).config).toMatchObject({ user: '65532:65532', ports: [8080] })
  })

  test('labels the image with what it is, where it comes from, and what it answers', () => {
    const facts = { revision: 'abc', source: 'https://example.com/repo', created: '2020-01-01T00:00:00Z' }
    const { labels } = plan({}, { facts, labels: { team: 'vision' } }).config
    expect(labels).toEqual({
      'org.opencontainers.image.title': 'thing',
      'org.opencontainers.image.description': 'Does things.',
      'org.opencontainers.image.version': '1.2.3',
      'org.opencontainers.image.revision': 'abc',
      'org.opencontainers.image.source': 'https://example.com/repo',
      'org.opencontainers.image.created': '2020-01-01T00:00:00Z',
      'org.opencontainers.image.base.name': 'gcr.io/distroless/nodejs:nonroot',
      'org.opencontainers.image.base.digest': `sha256:${'a'.repeat(64)}`,
      'dev.flambe.component': 'ext.Thing',
      'dev.flambe.schema': '{"input":{"type":"number"},"output":{"type":"string"}}',
      team: 'vision',
    })
  })
})
