import { describe, expect, test } from 'vitest'
import { savedLayers } from '../../../src/image/engine/saved-layers.ts'
import { loadIntoEngine, openEngine } from '../../../src/image/index.ts'
import type { ProgressEvent } from '../../../src/progress.ts'
import { fakeEngine } from '../../helpers/engine/fake.ts'
import { docker, hasEngine, imageName, realEngine } from '../../helpers/engine/real.ts'
import { imageOf, layerOf, tarOf } from '../../helpers/registry/images.ts'

const layers = [
  layerOf(tarOf('etc/hosts', Buffer.alloc(300)), { gzip: true }),
  layerOf(tarOf('models/weights.bin', Buffer.alloc(200_000))),
  layerOf(tarOf('app/flambe.json', Buffer.from('{}'))),
]
const contents = [
  { files: 1, biggest: [{ path: '/etc/hosts', size: 300 }] },
  undefined,
  { files: 1, biggest: [{ path: '/app/flambe.json', size: 2 }] },
]

describe('the layers of an image in an engine', () => {
  test('are told from what it gives out, packed or not, without the large ones', async () => {
    const { env } = await fakeEngine({ containerd: true })
    const engine = await openEngine({ env })
    await loadIntoEngine(imageOf(layers), ['demo:1'], { engine })
    const events: ProgressEvent[] = []
    const progress = (event: ProgressEvent) => void events.push(event)
    expect(await savedLayers('demo:1', engine, { most: 100_000, progress })).toEqual(contents)
    const bytes = events.reduce((sum, event) => sum + (event.type === 'bytes' ? event.count : 0), 0)
    expect(bytes).toBeGreaterThan(200_000)
  })

  test('are not looked into any further once that is given up', async () => {
    const { env } = await fakeEngine()
    const engine = await openEngine({ env })
    await loadIntoEngine(imageOf(layers), ['demo:1'], { engine })
    const signal = AbortSignal.abort(new Error('given up'))
    await expect(savedLayers('demo:1', engine, { most: 1, signal })).rejects.toThrow('given up')
  })

  test.runIf(hasEngine('what a real engine gives out'))('are told of a real one', async () => {
    const engine = await realEngine()
    const name = imageName()
    await loadIntoEngine(imageOf([...layers, ...layers.slice(2)]), [name], { engine })
    const id = docker('inspect', '--format', '{{.Id}}', name)
    expect(await savedLayers(id, engine, { most: 100_000 })).toEqual([...contents, contents[2]])
  })
})
