import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { gunzipSync } from 'node:zlib'
import { extract } from 'tar-fs'
import { pack } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { packForEngine } from '../../../src/image/engine/archive.ts'
import { type Image, openBase, openLocalImage } from '../../../src/image/index.ts'
import type { ProgressEvent } from '../../../src/progress.ts'
import { baseOptions } from '../../helpers/engine/base-options.ts'
import { folder } from '../../helpers/folder.ts'
import {
  bytesOf,
  digestOf,
  imageOf,
  indexOf,
  layerOf,
  randomImage,
  randomLayer,
  tarOf,
} from '../../helpers/registry/images.ts'
import { nodeImage } from '../../helpers/registry/node-image.ts'

const archiveBytes = (image: Image, omit?: ReadonlySet<string>) =>
  buffer(packForEngine(image, { references: ['demo:1'], ...(omit && { omit }) }))

/** An OCI layout in a folder. */
async function layoutOf(
  image: Image,
  edit: (index: { manifests: object[] }) => object = (index) => index,
): Promise<string> {
  const directory = folder()
  await pipeline(Readable.from(packForEngine(image, { references: [] })), extract(directory))
  const path = join(directory, 'index.json')
  writeFileSync(path, JSON.stringify(edit(JSON.parse(readFileSync(path, 'utf8')))))
  return directory
}

/** The archive as old engines write it: no layout, layers by other names. */
async function oldArchive(image: Image, config = image.config.bytes): Promise<string> {
  const tar = pack()
  const layers = image.layers.map((_, index) => `${index}/layer.tar`)
  for (const [index, layer] of image.layers.entries())
    tar.entry({ name: `${index}/layer.tar` }, await bytesOf(layer))
  tar.entry({ name: 'config.json' }, Buffer.from(config))
  tar.entry(
    { name: 'manifest.json' },
    JSON.stringify([{ Config: 'config.json', RepoTags: ['demo:1'], Layers: layers }]),
  )
  tar.finalize()
  return join(folder({ 'image.tar': await buffer(tar) }), 'image.tar')
}

describe('an image on this disk', () => {
  test.each([
    ['a layout folder', layoutOf],
    [
      'a layout in a tar',
      async (image: Image) => join(folder({ 'a.tar': await archiveBytes(image) }), 'a.tar'),
    ],
  ])('%s gives manifest, config and layers as they are', async (_, write) => {
    const image = randomImage()
    const opened = await openLocalImage(await write(image))
    expect(opened.manifest.digest).toBe(image.manifest.digest)
    expect(opened.config.digest).toBe(image.config.digest)
    for (const [index, layer] of image.layers.entries()) {
      expect(opened.layers[index]).toMatchObject({
        digest: layer.digest,
        diffId: layer.diffId,
        size: layer.size,
      })
      expect(await bytesOf(opened.layers[index] ?? layer, { start: 700 })).toEqual(
        await bytesOf(layer, { start: 700 }),
      )
    }
  })

  test('what `docker save` writes gives the same image ID; plain layers are not read for it', async () => {
    const image = imageOf([randomLayer(5000), randomLayer(3000, { gzip: true })])
    const opened = await openLocalImage(await oldArchive(image))
    expect(opened.config.digest).toBe(image.config.digest)
    expect(opened.layers.map(({ digest }) => digest)).toEqual(image.layers.map(({ digest }) => digest))
    expect(await bytesOf(opened.layers[1] ?? randomLayer(1))).toEqual(
      await bytesOf(image.layers[1] ?? randomLayer(1)),
    )
  })

  test('the image for the platform is chosen, and by name where there are several', async () => {
    const arm = randomImage({ platform: { os: 'linux', architecture: 'arm64' } })
    const { index, images } = indexOf([randomImage(), arm])
    const directory = await layoutOf(images[0] as Image)
    const other = await layoutOf(arm)
    const { manifests } = JSON.parse(Buffer.from(index.bytes).toString())
    writeFileSync(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
    const platform = { os: 'linux', architecture: 'amd64' }
    expect((await openLocalImage(directory, { platform })).platform).toEqual(platform)
    await expect(
      openLocalImage(directory, { platform: { os: 'linux', architecture: 's390x' } }),
    ).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      hint: expect.stringContaining('linux/arm64'),
    })
    expect((await openLocalImage(other)).platform.architecture).toBe('arm64')
  })
})

describe('what is no image', () => {
  const cases: readonly [string, () => Promise<string>, RegExp][] = [
    ['nothing', async () => '/nowhere/at/all', /is not there/],
    ['an empty folder', async () => folder(), /neither index.json .* nor manifest.json/],
    ['a text file', async () => join(folder({ 'a.tar': 'words '.repeat(500) }), 'a.tar'), /no tar/],
    [
      'a tar cut off',
      async () => join(folder({ 'a.tar': (await archiveBytes(randomImage())).subarray(0, 90_000) }), 'a.tar'),
      /cut off|not in it/,
    ],
    ['an index that is none', async () => folder({ 'index.json': '[]' }), /no index/],
    [
      'a layout without its blobs',
      async () => folder({ 'index.json': JSON.stringify(layoutIndex) }),
      /is not in it/,
    ],
    [
      'an archive without the layers that it names',
      async () => {
        const image = imageOf([randomLayer(10)])
        const omit = new Set(image.layers.map(({ digest }) => digest))
        return join(folder({ 'a.tar': await archiveBytes(image, omit) }), 'a.tar')
      },
      /the layer .* is not in it/,
    ],
    [
      'an archive that names its config by a number',
      async () => folder({ 'manifest.json': '[{"Config":1,"Layers":[2]}]' }),
      /names no image/,
    ],
    [
      'a config of another thing',
      () => oldArchive(randomImage(), Buffer.from('{"name":"chart"}')),
      /names no image/,
    ],
  ]
  test.each(cases)('%s is said to be', async (_, write, message) => {
    await expect(openLocalImage(await write())).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringMatching(message),
    })
  })

  test('a damaged manifest is found by its digest', async () => {
    const image = randomImage()
    const directory = await layoutOf(image)
    const path = join(directory, 'blobs', image.manifest.digest.replace(':', '/'))
    writeFileSync(path, readFileSync(path, 'utf8').replace('"schemaVersion":2', '"schemaVersion":3'))
    await expect(openLocalImage(directory)).rejects.toMatchObject({
      message: expect.stringContaining('damaged'),
    })
  })
})

describe('as a base', () => {
  test('oci:DIR, oci:DIR:NAME and docker-archive:FILE are relative to the spec', async () => {
    const image = nodeImage()
    const directory = await layoutOf(image, (index) => ({
      ...index,
      manifests: index.manifests.map((one) => ({
        ...one,
        annotations: { 'org.opencontainers.image.ref.name': 'v1' },
      })),
    }))
    const options = baseOptions({ directory: join(directory, '..') })
    const name = directory.split('/').at(-1)
    for (const location of [`oci:${name}`, `oci:${name}:v1`, `docker-archive:${await oldArchive(image)}`]) {
      const base = await openBase(location, options)
      expect(base).toMatchObject({
        node: '/usr/local/bin/node',
        image: { config: { digest: image.config.digest } },
      })
    }
    await expect(openBase(`oci:${name}:v2`, options)).rejects.toMatchObject({ hint: 'it has v1' })
  })

  test('plain layers of an archive are compressed once, and known again', async () => {
    const image = imageOf([...nodeImage().layers, layerOf(tarOf('many', Buffer.alloc(500_000)))], nodeStart)
    const options = baseOptions()
    const location = `docker-archive:${await oldArchive(image)}`
    const { layers } = (await openBase(location, options)).image
    expect(layers[1]?.size).toBeLessThan(5000)
    expect(gunzipSync(await bytesOf(layers[1] ?? randomLayer(1)))).toEqual(
      await bytesOf(image.layers[1] ?? randomLayer(1)),
    )
    const events: ProgressEvent[] = []
    const again = await openBase(location, { ...options, progress: (event) => events.push(event) })
    expect(again.image.manifest.digest).toBe((await openBase(location, options)).image.manifest.digest)
    expect(events).toEqual([])
    rmSync(join(options.cacheDirectory, 'blobs'), { recursive: true })
    expect(digestOf(await bytesOf(again.image.layers[1] ?? randomLayer(1)))).toBe(layers[1]?.digest)
  })

  test('a layer of an archive that is not what its config says is found', async () => {
    const image = imageOf([...nodeImage().layers, randomLayer(1000)], nodeStart)
    const wrong = { ...image, layers: [...nodeImage().layers, randomLayer(1000)] }
    await expect(openBase(`docker-archive:${await oldArchive(wrong)}`, baseOptions())).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringContaining(image.layers[1]?.diffId ?? '-'),
    })
  })

  test.each(['oci:', 'dockerfile:', 'docker-archive:'])('%s alone names nothing', async (location) => {
    await expect(openBase(location, baseOptions())).rejects.toMatchObject({ code: 'IMAGE_INVALID' })
  })
})

const nodeStart = { env: ['NODE_VERSION=24.1.0', 'PATH=/usr/local/bin'] }

const layoutIndex = {
  schemaVersion: 2,
  manifests: [
    { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: `sha256:${'1'.repeat(64)}`, size: 3 },
  ],
}
