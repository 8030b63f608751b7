import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { FlambeError } from '../../../src/errors.ts'
import { load, removeS3Artifact } from '../../../src/storage/index.ts'
import { engineConfig, leafConfig } from '../../helpers/artifact.ts'
import { folder } from '../../helpers/folder.ts'
import { hasVersity } from '../../helpers/s3.ts'
import { s3Suite, weights, write } from '../../helpers/s3-suite.ts'

/** An engine that is told from others by how many extras it has; each count has files that no other has. */
const engineOf = (count: number) =>
  engineConfig({ extras: Array.from({ length: count }, (_, index) => leafConfig(10 * count + index)) })

describe.runIf(hasVersity())('an artifact that is replaced while others use it', () => {
  const { place, keys, uploads, proxy } = s3Suite()
  const isCommit = ({ method, path }: { method: string; path: string }) =>
    method === 'PUT' && path.includes('flambe.json')

  test.each([false, true])(
    'of builders at once one wins whole, and the others are told and leave nothing (an earlier one: %s)',
    async (earlier) => {
      const storage = await place()
      if (earlier) await write(storage, { config: engineOf(9) })
      // All have sent their objects before the first commits.
      let arrived = 0
      proxy().fault = async (request) => {
        if (isCommit(request)) {
          arrived++
          while (arrived < 4) await sleep(10)
        }
        return undefined
      }
      const results = await Promise.allSettled(
        [1, 2, 3, 4].map((count) => write(storage, { config: engineOf(count), force: true })),
      )
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const result of results) {
        if (result.status === 'fulfilled') continue
        expect(result.reason).toMatchObject({
          code: 'DESTINATION_NOT_EMPTY',
          message: expect.stringContaining('another build wrote s3://'),
          hint: expect.stringContaining('--force'),
        })
      }
      proxy().fault = () => undefined
      const winner = 1 + results.findIndex(({ status }) => status === 'fulfilled')
      expect(weights(await load(storage.url))).toHaveLength(1 + winner)
      const files = new Set(
        results.flatMap((result) =>
          result.status === 'fulfilled'
            ? result.value.artifact.manifest.files.map(({ sha256 }) => sha256)
            : [],
        ),
      )
      expect(await keys()).toHaveLength(files.size + 1)
    },
  )

  test('who builds what was just replaced loses nothing to the removal of it', async () => {
    const storage = await place()
    await write(storage, { config: engineOf(1) })
    // The removal after the second build waits until the third, which needs what it removes, is done.
    let third: Promise<unknown> | undefined
    proxy().fault = async ({ method, path }) => {
      if (method === 'POST' && path.includes('?delete') && !third) {
        third = write(storage, { config: engineOf(1), force: true })
        await third
      }
      return undefined
    }
    await write(storage, { config: engineOf(2), force: true })
    expect(third).toBeDefined()
    proxy().fault = () => undefined
    expect(weights(await load(storage.url))).toHaveLength(2)
  })

  test('a build right after a removal loses nothing to it', async () => {
    const storage = await place()
    await write(storage, { config: engineOf(1) })
    let second: Promise<unknown> | undefined
    proxy().fault = async ({ method, path }) => {
      if (method === 'POST' && path.includes('?delete') && !second) {
        second = write(storage, { config: engineOf(1) })
        await second
      }
      return undefined
    }
    await removeS3Artifact(storage.url)
    expect(second).toBeDefined()
    expect(weights(await load(storage.url))).toHaveLength(2)
  })

  test('a commit whose answer is lost is done, and not lost to itself', async () => {
    const storage = await place()
    await write(storage, { config: engineOf(1) })
    let lost = false
    proxy().fault = (request) => {
      if (!isCommit(request) || lost) return undefined
      lost = true
      return 'lost answer'
    }
    await write(storage, { config: engineOf(2), force: true })
    expect(lost).toBe(true)
    expect(weights(await load(storage.url))).toHaveLength(3)
  })

  test('two builders that go on with the same interrupted upload both end well, or one is told', async () => {
    const storage = await place()
    const file = { $file: `${folder({ 'w.bin': Buffer.alloc(40_000_000, 'flambe') })}/w.bin` }
    const config = engineConfig({ file })
    proxy().fault = ({ path }) =>
      path.includes('partNumber=2&') ? { status: 403, code: 'AccessDenied' } : undefined
    await expect(write(storage, { config })).rejects.toMatchObject({ code: 'DENIED' })
    proxy().fault = () => undefined
    const results = await Promise.allSettled([1, 2].map(() => write(storage, { config })))
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'DESTINATION_NOT_EMPTY' })
    expect(await load(storage.url)).toBeDefined()
    expect(await uploads()).toEqual([])
  })

  test('readers find the earlier artifact or the new one, whole, at every moment', async () => {
    const storage = await place()
    await write(storage, { config: engineOf(1) })
    let building = true
    const seen = new Set<number>()
    const reader = async () => {
      while (building) {
        const engine = weights(await load(storage.url))
        expect(engine.slice(1).map(({ length }) => length)).toEqual(
          engine.slice(1).map((_, index) => 10 * (engine.length - 1) + index),
        )
        seen.add(engine.length - 1)
      }
    }
    const readers = [reader(), reader(), reader()]
    for (let turn = 2; turn <= 9; turn++)
      await write(storage, { config: engineOf(1 + (turn % 4)), force: true })
    building = false
    await Promise.all(readers)
    expect(seen.size).toBeGreaterThan(1)
  }, 60_000)

  test('a reader whose artifact is replaced between its manifest and its files gets the new one', async () => {
    const storage = await place()
    await write(storage, { config: engineOf(1) })
    let replacing: Promise<unknown> | undefined
    proxy().fault = async ({ method, path }) => {
      if (method !== 'GET' || !/\/[0-9a-f]{64}\?/.test(path)) return undefined
      replacing ??= write(storage, { config: engineOf(2), force: true })
      await replacing
      return undefined
    }
    expect(weights(await load(storage.url))).toHaveLength(3)
  })

  test('a removal that meets a replacement leaves the replacement', async () => {
    const storage = await place()
    await write(storage, { config: engineOf(1) })
    proxy().fault = async ({ method, path }) => {
      if (method === 'DELETE' && path.includes('flambe.json')) {
        proxy().fault = () => undefined
        await write(storage, { config: engineOf(2), force: true })
      }
      return undefined
    }
    const failure = await removeS3Artifact(storage.url).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(FlambeError)
    expect(failure).toMatchObject({ message: expect.stringContaining('was replaced just now') })
    expect(weights(await load(storage.url))).toHaveLength(3)
  })
})
