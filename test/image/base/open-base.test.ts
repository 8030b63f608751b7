import { describe, expect, test } from 'vitest'
import { openBase, pushImage } from '../../../src/image/index.ts'
import { baseOptions } from '../../helpers/engine/base-options.ts'
import { nodeImage } from '../../helpers/registry/node-image.ts'
import { withRegistry } from '../../helpers/registry/with.ts'

describe('a base in a registry', () => {
  test('is named with its digest, and none of its layers is downloaded', async () => {
    const { at, memory, options } = await withRegistry()
    const image = nodeImage()
    await pushImage(image, at('node:24'), options)
    memory.requests.length = 0
    const base = await openBase(at('node:24'), baseOptions())
    expect(base).toMatchObject({
      node: '/usr/local/bin/node',
      name: at('node:24'),
      digest: image.manifest.digest,
    })
    const [layer] = image.layers
    expect(memory.requests.filter(({ path }) => path.endsWith(layer?.digest ?? '-'))).toEqual([])
  })

  test('for another platform is refused', async () => {
    const { at, options } = await withRegistry()
    await pushImage(nodeImage({ platform: { os: 'linux', architecture: 'arm64' } }), at('node:arm'), options)
    const platform = { os: 'linux', architecture: 'amd64' }
    await expect(openBase(at('node:arm'), baseOptions({ platform }))).rejects.toMatchObject({
      message: expect.stringContaining('linux/amd64'),
    })
  })

  test('without a name that a registry could have is refused', async () => {
    await expect(openBase('No Such', baseOptions())).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
  })
})
