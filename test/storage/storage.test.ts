import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { load, openStorage, type Storage } from '../../src/storage/index.ts'
import { type Engine, engineConfig, type Leaf } from '../helpers/artifact.ts'
import { folder } from '../helpers/folder.ts'
import { s3Suite, weights, write } from '../helpers/s3-suite.ts'

type Place = {
  /** A fresh destination. */
  readonly storage: () => Promise<Storage>
  /** Puts a file that is no artifact's into the destination. */
  readonly litter: (storage: Storage) => Promise<unknown>
}

/** What every backend keeps. */
function contract(place: () => Place): void {
  test('what is written loads', async () => {
    const { location } = await write(await place().storage())
    expect(weights(await load(location))).toEqual([[1, 1], [2], [3, 3, 3]])
  })

  test('a part loads by its own place (row 27)', async () => {
    const { location } = await write(await place().storage())
    const leaf = (await load(`${location}/extras/1`)) as Leaf
    expect([...leaf.weight]).toEqual([3, 3, 3])
  })

  test('one .tar.gz loads too (row 28, row 48)', async () => {
    const { location } = await write(await place().storage(), { compress: true })
    expect(location).toMatch(/\.tar\.gz$/)
    expect(weights(await load(location))).toEqual([[1, 1], [2], [3, 3, 3]])
  })

  test.each([false, true])(
    'what is there already is refused without force, and replaced as a whole with it (compress: %s) (row 42, row 47, row 50)',
    async (compress) => {
      const storage = await place().storage()
      await write(storage, { compress })
      const refused = { code: 'DESTINATION_NOT_EMPTY', message: expect.stringContaining('Use --force') }
      await expect(storage.check({ force: false, compress })).rejects.toMatchObject(refused)
      await expect(write(storage, { compress })).rejects.toMatchObject(refused)
      await storage.check({ force: true, compress })
      const config = engineConfig({ extras: [] })
      const { location } = await write(storage, { config, compress, force: true })
      expect(weights(await load(location))).toEqual([[1, 1]])
    },
  )

  test('files that are no artifact are refused without force', async () => {
    const storage = await place().storage()
    await place().litter(storage)
    await expect(write(storage)).rejects.toMatchObject({ code: 'DESTINATION_NOT_EMPTY' })
  })

  test('writing it again gives the same artifact', async () => {
    const storage = await place().storage()
    const first = await write(storage)
    const second = await write(storage, { force: true })
    expect(second.artifact.manifest).toEqual(first.artifact.manifest)
  })

  test('a file with blanks and letters of any script in its name comes back whole', async () => {
    const directory = folder({ 'Gewichte für ホタル.bin': 'weights' })
    const file = { $file: join(directory, 'Gewichte für ホタル.bin') }
    const { location } = await write(await place().storage(), { config: engineConfig({ file }) })
    const engine = (await load(location)) as Engine
    expect(engine.file).toMatch(/Gewichte für ホタル\.bin$/)
    expect(readFileSync(engine.file ?? '', 'utf8')).toBe('weights')
  })
}

describe('storage: local', () => {
  contract(() => ({
    storage: () => openStorage('local', './a/b c/out', { directory: folder() }),
    litter: async ({ url }) => {
      mkdirSync(url, { recursive: true })
      writeFileSync(join(url, 'x'), '')
    },
  }))
})

describe('storage: s3', () => {
  const { place, put } = s3Suite()
  contract(() => ({ storage: () => place(), litter: () => put('models/ünï code/x') }))
})
