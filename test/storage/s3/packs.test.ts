import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { load, openLocation } from '../../../src/storage/index.ts'
import { folder } from '../../helpers/folder.ts'
import { hasVersity } from '../../helpers/s3.ts'
import { s3Suite, weights, write } from '../../helpers/s3-suite.ts'

/** So many small files, `from` on, no two alike; some are empty, some are twice there. */
const many = (count: number, from = 0): Record<string, string> =>
  Object.fromEntries([
    ...Array.from({ length: count }, (_, index): [string, string] => [
      `code/ext/data/${from + index}.txt`,
      `${from + index} `.repeat(100 + index),
    ]),
    ['code/ext/data/empty', ''],
    ['code/ext/data/twice', `${from} `.repeat(100)],
  ])

describe.runIf(hasVersity())('many small files', () => {
  const { place, proxy, keys, put, bucket, client } = s3Suite()
  const objects = async () => (await keys()).filter((key) => /\/[0-9a-f]{64}$/.test(key))
  const sent = () =>
    proxy()
      .taken()
      .filter(({ method, path }) => method === 'PUT' && /\/[0-9a-f]{64}\?/.test(path))

  const expectAll = async (location: string, files: Record<string, string>) => {
    const { directory } = await openLocation(location, { cacheDirectory: folder() })
    for (const [path, text] of Object.entries(files))
      expect(readFileSync(join(directory, path), 'utf8'), path).toBe(text)
  }

  test('go together in one object, and come in one request', async () => {
    const files = many(200)
    const { location } = await write(await place(), { files })
    expect(await objects()).toHaveLength(1)
    proxy().taken()
    await expectAll(location, files)
    expect(proxy().taken()).toHaveLength(2)
    expect(weights(await load(location))).toHaveLength(3)
  })

  test('a change sends what is new alone, and the object of the others stays while half of it is needed', async () => {
    await write(await place(), { files: many(200) })
    const [first] = await objects()
    sent()
    const most = { ...many(150), 'code/ext/data/new.txt': 'new' }
    const { location } = await write(await place(), { files: most, force: true })
    expect(sent()).toHaveLength(1)
    expect(await objects()).toContain(first)
    await expectAll(location, most)
    const few = many(40)
    await write(await place(), { files: few, force: true })
    expect(await objects()).not.toContain(first)
    await expectAll(location, few)
    const others = many(60, 1000)
    await write(await place(), { files: others, force: true })
    await expectAll(location, others)
  })

  test('a part brings its stretch alone', async () => {
    const { location } = await write(await place(), { files: many(200) })
    const cacheDirectory = folder()
    proxy().taken()
    await load(`${location}/model`, { cacheDirectory })
    const asked = proxy()
      .taken()
      .filter(({ path }) => /\/[0-9a-f]{64}\?/.test(path))
    expect(asked).not.toEqual([])
    for (const { headers } of asked) expect(headers['range']).toMatch(/^bytes=\d+-\d+$/)
    expect(weights(await load(location, { cacheDirectory }))).toHaveLength(3)
  })

  test('an interrupted upload does not send again what is there', async () => {
    const files = many(200)
    proxy().fault = ({ method, path }) =>
      method === 'PUT' && path.includes('flambe.json') ? { status: 403, code: 'AccessDenied' } : undefined
    await expect(write(await place(), { files })).rejects.toMatchObject({ code: 'DENIED' })
    expect(sent().length).toBe(1)
    proxy().fault = () => undefined
    const { location } = await write(await place(), { files })
    expect(sent()).toEqual([])
    await expectAll(location, files)
  })

  test('an altered one is named', async () => {
    const { location } = await write(await place(), { files: many(200) })
    const [key = ''] = await objects()
    const { Body } = await client().send(new GetObjectCommand({ Bucket: bucket(), Key: key }))
    const text = Buffer.from((await Body?.transformToByteArray()) ?? '')
    text[text.indexOf('117 117 ')] = 0x58
    await put(key, text)
    await expect(load(location)).rejects.toMatchObject({
      code: 'ARTIFACT_DAMAGED',
      message: expect.stringContaining('code/ext/data/117.txt'),
    })
  })
})
