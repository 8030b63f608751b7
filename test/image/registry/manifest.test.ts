import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { choosePlatform, pullImage } from '../../../src/image/index.ts'
import { parseConfig, parseManifest } from '../../../src/image/registry/manifest-json.ts'
import { digestOf, randomImage } from '../../helpers/registry/images.ts'
import type { MemoryRegistry } from '../../helpers/registry/memory.ts'
import { withRegistry } from '../../helpers/registry/with.ts'

describe('the platform chosen of an index', () => {
  const of = (text: string) => {
    const [os = '', architecture = '', variant] = text.split('/')
    return { platform: { os, architecture, ...(variant && { variant }) } }
  }
  test.each([
    ['linux/amd64', ['linux/arm64', 'linux/amd64'], 'linux/amd64'],
    ['linux/amd64', ['unknown/unknown', 'linux/amd64'], 'linux/amd64'],
    ['linux/amd64', ['windows/amd64', 'linux/386'], undefined],
    ['linux/amd64', ['linux/amd64/v3', 'linux/amd64'], 'linux/amd64'],
    ['linux/amd64', ['linux/amd64/v3'], undefined],
    ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2'], 'linux/amd64/v2'],
    ['linux/arm64', ['linux/arm64/v8'], 'linux/arm64/v8'],
    ['linux/arm64/v8', ['linux/arm64'], 'linux/arm64'],
    ['linux/arm', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
    ['linux/arm/v6', ['linux/arm/v7', 'linux/arm/v5', 'linux/arm/v6'], 'linux/arm/v6'],
    ['linux/arm/v6', ['linux/arm/v7'], undefined],
    ['linux/s390x', ['linux/s390x'], 'linux/s390x'],
    ['linux/riscv64/rva22', ['linux/riscv64', 'linux/riscv64/rva22'], 'linux/riscv64/rva22'],
    ['linux/amd64', [], undefined],
  ])('for %s of %j is %s', (wanted, offered, chosen) => {
    expect(choosePlatform(offered.map(of), of(wanted).platform)).toEqual(chosen && of(chosen))
  })

  test('is never an entry without a platform', () => {
    expect(choosePlatform([{}], { os: 'linux', architecture: 'amd64' })).toBe(undefined)
  })
})

describe('a manifest', () => {
  const image = randomImage()
  const json = JSON.parse(Buffer.from(image.manifest.bytes).toString())
  const parse = (value: unknown, type = '') => parseManifest(Buffer.from(JSON.stringify(value)), type)

  test('says its type in itself, or beside itself, or by its form', () => {
    const { mediaType, ...bare } = json
    const docker = 'application/vnd.docker.distribution.manifest.v2+json'
    expect(parse(json)).toMatchObject({ kind: 'manifest', mediaType })
    expect(parse(bare, docker)).toMatchObject({ kind: 'manifest', mediaType: docker })
    expect(parse(bare)).toMatchObject({ kind: 'manifest', mediaType })
    expect(parse({ manifests: [] })).toMatchObject({ kind: 'index' })
  })

  test.each([
    ['no JSON', 'x'],
    ['schema 1', { schemaVersion: 1, fsLayers: [] }],
    ['a digest that is none', { ...json, layers: [{ ...json.layers[0], digest: 'sha256:12' }] }],
    [
      'a digest that leaves its folder',
      { ...json, layers: [{ ...json.layers[0], digest: 'sha256:../../x' }] },
    ],
    ['a negative size', { ...json, layers: [{ ...json.layers[0], size: -1 }] }],
    ['an index that calls itself a manifest', { mediaType: json.mediaType, manifests: [] }],
    [
      'a manifest that calls itself an index',
      { ...json, mediaType: 'application/vnd.oci.image.index.v1+json' },
    ],
  ])('of %s is none', (_, value) => expect(parse(value)).toBe(undefined))

  test('or a config of any bytes is parsed or refused, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        parseManifest(Buffer.from(text))
        parseConfig(Buffer.from(text))
      }),
    )
  })
})

describe('what is no image is an error of one sentence', () => {
  const put = (memory: MemoryRegistry, value: unknown, type: string) => {
    const bytes = Buffer.from(JSON.stringify(value))
    memory.store('me/app', 'v1', { bytes, type })
    return digestOf(bytes)
  }
  const oci = 'application/vnd.oci.image.manifest.v1+json'
  const image = randomImage()
  const json = JSON.parse(Buffer.from(image.manifest.bytes).toString())
  const chart = Buffer.from('{}')

  test.each([
    ['schema 1', { schemaVersion: 1 }, /no manifest of an image/],
    [
      'a chart',
      {
        ...json,
        config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: digestOf(chart), size: 2 },
      },
      /helm/,
    ],
    ['too few layers', { ...json, layers: [] }, /0 layers with a config of 2/],
  ])('%s', async (_, value, message) => {
    const { memory, at, options } = await withRegistry()
    for (const bytes of [chart, Buffer.from(image.config.bytes)]) {
      memory.blobs.set(digestOf(bytes), bytes)
      memory.repository('me/app').blobs.add(digestOf(bytes))
    }
    put(memory, value, oci)
    await expect(pullImage(at('me/app:v1'), options)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(message),
    })
  })

  test('an image for one other platform', async () => {
    const { at, options, memory } = await withRegistry()
    const bytes = Buffer.from(image.config.bytes)
    memory.blobs.set(image.config.digest, bytes)
    memory.repository('me/app').blobs.add(image.config.digest)
    put(memory, json, oci)
    const platform = { os: 'linux', architecture: 'arm64' }
    await expect(pullImage(at('me/app:v1'), { ...options, platform })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('has no image for linux/arm64'),
      hint: 'it has linux/amd64',
    })
  })
})
