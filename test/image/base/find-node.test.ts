import { describe, expect, test } from 'vitest'
import { findNode } from '../../../src/image/base/find-node.ts'
import type { Image, Layer } from '../../../src/image/index.ts'
import { imageOf, layerOf, tarOf } from '../../helpers/registry/images.ts'
import { nodeImage, nodeLayer } from '../../helpers/registry/node-image.ts'

const find = (image: Image) => findNode(image, { name: 'the base' })

const unreadable: Layer = {
  ...nodeLayer('usr/local/bin/node'),
  open: () => {
    throw new Error('a layer was read')
  },
}

function withConfig(config: object, layers: readonly Layer[] = [unreadable]): Image {
  const image = imageOf(layers)
  return { ...image, config: { ...image.config, bytes: Buffer.from(JSON.stringify({ config })) } }
}

describe('the config tells, and no layer is read', () => {
  test.each<[string, object, string]>([
    ['distroless', { Entrypoint: ['/nodejs/bin/node'], Env: ['PATH=/usr/bin'] }, '/nodejs/bin/node'],
    ['a node program as command', { Cmd: ['/opt/node'], Entrypoint: null }, '/opt/node'],
    [
      "node's own images",
      {
        Entrypoint: ['docker-entrypoint.sh'],
        Cmd: ['node'],
        Env: ['PATH=/usr/local/bin:/bin', 'NODE_VERSION=24.1.0'],
      },
      '/usr/local/bin/node',
    ],
  ])('%s', async (_, config, node) => {
    expect(await find(withConfig(config))).toBe(node)
  })
})

describe('the layers tell', () => {
  test.each([
    ['on PATH', { Env: ['PATH=/opt/tools:/bin'] }, 'opt/tools/node'],
    ['in a usual place', {}, 'nodejs/bin/node'],
    ['with a name that starts with ./', {}, './usr/bin/node'],
  ])('%s', async (_, config, path) => {
    const below = layerOf(tarOf('etc/hosts', Buffer.from('x')))
    expect(await find(withConfig(config, [nodeLayer(path, { gzip: true }), below]))).toBe(
      `/${path.replace('./', '')}`,
    )
  })
})

describe('a base that cannot serve', () => {
  test('has no Node in it', async () => {
    const image = withConfig({ Env: ['PATH=/bin'] }, [layerOf(tarOf('bin/nodes', Buffer.from('x')))])
    await expect(find(image)).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringContaining('the base has no Node'),
    })
  })

  test.each(['20.11.0', '22.14.9', '18.0.0'])('has Node %s', async (version) => {
    await expect(find(nodeImage({ version }))).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringContaining(version),
    })
  })

  test.each(['22.15.0', '24.0.0', '26.1.0'])('but Node %s can', async (version) => {
    expect(await find(nodeImage({ version }))).toBe('/usr/local/bin/node')
  })
})
