import { describe, expect, test } from 'vitest'
import { assembleImage, assembleIndex, type Base, planImage } from '../../../src/image/index.ts'
import { artifactOf, smallBase } from '../../helpers/artifacts.ts'
import { digestOf, imageOf, randomLayer } from '../../helpers/registry/images.ts'

const platform = { os: 'linux', architecture: 'amd64' }
const created = '2020-01-01T00:00:00Z'
const own = [randomLayer(1000, { title: 'assets' }), randomLayer(100, { title: 'component', gzip: true })]

function assemble(base: Base, layers = own) {
  const { config } = planImage(artifactOf({}), { platform, base, runtime: [], labels: { a: 'b' } })
  return assembleImage({ base, layers, config, platform, created })
}

const json = ({ bytes }: { bytes: Uint8Array }) => JSON.parse(Buffer.from(bytes).toString())

describe('an assembled image', () => {
  test('has the layers of its base below its own, each with a diffID and a line of history', () => {
    const base = smallBase()
    const image = assemble(base)
    const [config, manifest] = [json(image.config), json(image.manifest)]
    expect(image.layers).toEqual([...base.image.layers, ...own])
    expect(config.rootfs).toEqual({ type: 'layers', diff_ids: image.layers.map(({ diffId }) => diffId) })
    expect(config.history).toHaveLength(3)
    expect(config.history.at(-1)).toEqual({
      created,
      created_by: 'flambe build --docker',
      comment: 'component',
    })
    expect(manifest.layers.map(({ digest }: { digest: string }) => digest)).toEqual(
      image.layers.map(({ digest }) => digest),
    )
    expect(manifest.config.digest).toBe(image.config.digest)
    expect(digestOf(image.config.bytes)).toBe(image.config.digest)
    expect(digestOf(image.manifest.bytes)).toBe(image.manifest.digest)
  })

  test('keeps the environment of its base where it has none of its own', () => {
    const { config, created: time } = json(assemble(smallBase()).config)
    expect(config.Env).toEqual(['PATH=/bin', 'FLAMBE_ARTIFACT=/app', 'NODE_ENV=production'])
    expect(config).toMatchObject({
      User: '65532:65532',
      Entrypoint: ['/usr/bin/node', '--max-semi-space-size=16', '/flambe/main.js'],
      ExposedPorts: { '8080/tcp': {} },
      StopSignal: 'SIGTERM',
      Healthcheck: { Test: ['CMD', '/usr/bin/node', '/flambe/health.js'] },
    })
    expect(config.Cmd).toBeUndefined()
    expect(config.Labels['a']).toBe('b')
    expect(time).toBe(created)
  })

  test('is the same bytes for the same parts, whatever the order of keys', () => {
    const base = smallBase()
    expect(assemble(base).manifest.digest).toBe(assemble({ ...base }).manifest.digest)
  })

  test('names all layers in the words of OCI, also those of a base of Docker', () => {
    const [docker, plain] = [randomLayer(10, { gzip: true }), randomLayer(10)]
    const base = imageOf([
      { ...docker, mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' },
      { ...plain, mediaType: 'application/vnd.docker.image.rootfs.diff.tar' },
    ])
    const { layers } = json(assemble({ image: base, node: '/node' }).manifest)
    expect(layers.slice(0, 2).map(({ mediaType }: { mediaType: string }) => mediaType)).toEqual([
      'application/vnd.oci.image.layer.v1.tar+gzip',
      'application/vnd.oci.image.layer.v1.tar',
    ])
  })

  test('is refused for another platform than its base, and with more layers than engines take', () => {
    const arm = imageOf([randomLayer(10)], { platform: { os: 'linux', architecture: 'arm64' } })
    expect(() => assemble({ image: arm, node: '/node', name: 'some/base' })).toThrow(
      'some/base is for linux/arm64, and the image is to be for linux/amd64',
    )
    expect(() => assemble(smallBase({ layers: 124 }))).toThrow(/124 layers/)
    expect(assemble(smallBase({ layers: 123 })).layers).toHaveLength(125)
  })
})

test('an index of two images for one platform is refused, and says which', () => {
  const [one, two] = [imageOf([randomLayer(10)]), imageOf([randomLayer(20)])]
  expect(() => assembleIndex([one, two])).toThrow(
    expect.objectContaining({ code: 'IMAGE_INVALID', message: expect.stringContaining('linux/amd64') }),
  )
})
