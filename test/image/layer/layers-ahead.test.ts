import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { HashCache } from '../../../src/files/index.ts'
import { beginLayers, createLayer } from '../../../src/image/index.ts'
import { tarSegments } from '../../../src/image/layer/segments.ts'
import { tarEntries } from '../../../src/image/layer/tar-entries.ts'
import { folder } from '../../helpers/folder.ts'
import { fileEntry, freshLayer } from '../../helpers/layers.ts'

const size = 64 * 2 ** 20

describe('the digest of a large file’s layer that was begun ahead', () => {
  test('is that of a layer that is read as a whole', async () => {
    const { weights, ahead, layer, segments } = await begun()
    const made = await layer()
    expect(await ahead.digestOf(await segments())).toBe(made.digest.replace('sha256:', ''))
    expect(made.digest).toBe((await freshLayer([fileEntry('models/weights', weights)])).digest)
  })

  test.each([
    ['before it is hashed itself', 'before'],
    ['after that', 'after'],
  ])('is not taken of a file that was written to %s', async (_, when) => {
    const { weights, ahead, hashCache, segments } = await begun()
    if (when === 'before') overwrite(weights)
    const planned = await segments()
    if (when === 'after') overwrite(weights)
    expect(await ahead.digestOf(planned)).toBeUndefined()
    const now = await freshLayer([fileEntry('models/weights', weights)])
    const entries = [{ ...fileEntry('models/weights', weights), ...(await hashCache.hash(weights)) }]
    const plan = { title: 'assets', entries, compression: 'none' } as const
    const made = await createLayer(plan, { cacheDirectory: folder(), hashCache, ahead })
    expect(made.digest).toBe(now.digest)
  })

  test('is not taken for another name or another mode', async () => {
    const { weights, ahead, segments } = await begun()
    await segments()
    const { sha256 } = await HashCache.none().hash(weights)
    const entry = { ...fileEntry('models/weights', weights), sha256 }
    for (const other of [{ path: 'models/other' }, { mode: 0o755 }]) {
      expect(await ahead.digestOf(tarSegments(tarEntries([{ ...entry, ...other }])))).toBeUndefined()
    }
  })
})

/** A large file of which the layer is begun, as it stands before anything else is known of it. */
async function begun() {
  const directory = folder()
  const weights = join(directory, 'weights')
  writeFileSync(weights, 'weights')
  truncateSync(weights, size)
  const hashCache = await HashCache.open(directory)
  const source = { kind: 'file', path: weights } as const
  const ahead = await beginLayers([{ files: new Map([['assets/weights', { source, size }]]) }], { hashCache })
  onTestFinished(() => ahead[Symbol.asyncDispose]())
  const entries = async () => [
    { ...fileEntry('models/weights', weights), ...(await hashCache.hash(weights)) },
  ]
  const segments = async () => tarSegments(tarEntries(await entries()))
  const layer = async () => {
    const plan = { title: 'assets', entries: await entries(), compression: 'none' } as const
    return await createLayer(plan, { cacheDirectory: folder(), hashCache, ahead })
  }
  return { weights, hashCache, ahead, segments, layer }
}

/** Changes one byte, and nothing of the size. */
function overwrite(path: string): void {
  const file = openSync(path, 'r+')
  writeSync(file, 'W', 0)
  closeSync(file)
}
