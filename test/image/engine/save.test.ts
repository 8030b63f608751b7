import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { saveImage } from '../../../src/image/engine/save.ts'
import { loadIntoEngine, openEngine } from '../../../src/image/index.ts'
import { fakeEngine } from '../../helpers/engine/fake.ts'
import { folder } from '../../helpers/folder.ts'
import { randomImage } from '../../helpers/registry/images.ts'

test('an image is exported to its end, however fast the engine gives it out', async () => {
  const { env } = await fakeEngine()
  const engine = await openEngine({ env })
  const image = randomImage({ sizes: [300_000] })
  await loadIntoEngine(image, ['demo:1'], { engine })
  const paths = await Promise.all(
    Array.from({ length: 8 }, () => saveImage('demo:1', { engine, cacheDirectory: folder() })),
  )
  for (const path of paths) expect((await readFile(path)).includes(image.manifest.digest.slice(7))).toBe(true)
})
