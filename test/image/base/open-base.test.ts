import { describe, expect, test } from 'vitest'
import { openBase, pushImage } from '../../../src/image/index.ts'
import { baseOptions } from '../../helpers/engine/base-options.ts'
import { folder } from '../../helpers/folder.ts'
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

describe('a base that is misspelt', () => {
  const files = {
    'e.oci/index.json': '{}',
    'own/Dockerfile': 'FROM node:24',
    'Dockerfile.base': 'FROM node:24',
    'saved.tar': '',
  }

  test.each([
    ['hots', 'did you mean host?'],
    ['Host', 'did you mean host?'],
    ['./e.oci', 'did you mean oci:./e.oci?'],
    ['e.oci', 'did you mean oci:e.oci?'],
    ['../gone', 'did you mean oci:../gone?'],
    ['./own', 'did you mean dockerfile:./own?'],
    ['./Dockerfile.base', 'did you mean dockerfile:./Dockerfile.base?'],
    ['saved.tar', 'did you mean docker-archive:saved.tar?'],
    ['oic:./e.oci', 'did you mean oci:./e.oci?'],
    ['docker-deamon:node:24', 'did you mean docker-daemon:node:24?'],
  ])('as %s is told with what was meant', async (location, hint) => {
    const opened = openBase(location, baseOptions({ directory: folder(files), offline: true }))
    await expect(opened).rejects.toMatchObject({
      message: expect.stringContaining(location),
      hint: expect.stringContaining(hint),
    })
  })

  test('is not the reason where a reference like any other cannot be had', async () => {
    const opened = openBase('localhost:1/most:v1', baseOptions({ offline: true }))
    await expect(opened).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      hint: expect.not.stringContaining('did you mean'),
    })
  })
})
