import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { HashCache } from '../../../src/files/index.ts'
import type { ProgressEvent } from '../../../src/progress.ts'
import { load, openLocation } from '../../../src/storage/index.ts'
import { partsOf } from '../../../src/storage/s3/multipart.ts'
import { type Engine, engineConfig } from '../../helpers/artifact.ts'
import { folder } from '../../helpers/folder.ts'
import { hasVersity } from '../../helpers/s3.ts'
import type { S3Request } from '../../helpers/s3-proxy.ts'
import { s3Suite, write } from '../../helpers/s3-suite.ts'
import { canMount, onSmallDisk } from '../../helpers/small-disk.ts'

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** An engine with a file of so many bytes, no two parts of which are alike. */
function withFile(size: number) {
  const bytes = Buffer.alloc(size)
  for (let position = 0; position + 4 <= size; position += 4096) bytes.writeUInt32LE(position, position)
  const path = join(folder({ 'w.bin': bytes }), 'w.bin')
  return { bytes, path, config: engineConfig({ file: { $file: path } }) }
}

test.each([
  [16 * 2 ** 20, 1],
  [16 * 2 ** 20 + 1, 2],
  [5 * 2 ** 40, 10_000],
])('a file of %i bytes goes in at most %i parts, none over 5 GiB: all of it, once', (size, most) => {
  const parts = partsOf(size)
  expect(parts.length).toBeLessThanOrEqual(most)
  expect(Math.max(...parts.map((part) => part.size))).toBeLessThanOrEqual(5 * 2 ** 30)
  const ends = parts.map((part) => part.start + part.size)
  expect(parts.map(({ start }) => start)).toEqual([0, ...ends.slice(0, -1)])
  expect(ends.at(-1)).toBe(size)
})

describe.runIf(hasVersity())('what goes over the line', () => {
  const { place, bucket, keys, uploads, proxy, put, client } = s3Suite()
  const expired = { status: 400, code: 'ExpiredToken' } as const
  const partsSent = () =>
    proxy()
      .taken()
      .filter(({ method, path }) => method === 'PUT' && path.includes('partNumber='))

  /** Lets these requests through when so many of them are under way at once, and not before. */
  const together = (count: number, isOne: (request: S3Request) => boolean) => {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    let arrived = 0
    return (request: S3Request) => {
      if (!isOne(request)) return undefined
      arrived++
      if (arrived === count) resolve(undefined)
      return promise
    }
  }

  test('an unchanged export sends no bodies, in at most 3 requests, its check included', async () => {
    await write(await place())
    proxy().taken()
    const storage = await place()
    await storage.check({ force: true, compress: false })
    await write(storage, { force: true })
    const taken = proxy().taken()
    expect(taken.length).toBeLessThanOrEqual(3)
    expect(taken.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(0)
  })

  test('force sends what changed alone, and removes what is not needed any more (row 50)', async () => {
    await write(await place())
    const first = await keys()
    proxy().taken()
    await write(await place(), { config: engineConfig({ extras: [] }), force: true })
    const sent = proxy()
      .taken()
      .filter(({ method }) => method === 'PUT')
    expect(sent.length).toBeLessThan(first.length - 2)
    expect((await keys()).length).toBeLessThan(first.length)
  })

  test('loading what is in the cache makes one request', async () => {
    const { location } = await write(await place())
    const cacheDirectory = folder()
    await load(location, { cacheDirectory })
    proxy().taken()
    await load(location, { cacheDirectory })
    expect(proxy().taken()).toHaveLength(1)
  })

  test('a .tar.gz in the cache is one request too', async () => {
    const { location } = await write(await place(), { compress: true })
    const cacheDirectory = folder()
    await load(location, { cacheDirectory })
    proxy().taken()
    await load(location, { cacheDirectory })
    expect(proxy().taken()).toHaveLength(1)
  })

  test('a part brings its own files alone, and what is in the cache is not brought again', async () => {
    const { location, artifact } = await write(await place())
    const cacheDirectory = folder()
    const brought = () =>
      proxy()
        .taken()
        .filter(({ path }) => path.includes('/flambe-files/')).length
    proxy().taken()
    await load(`${location}/model`, { cacheDirectory })
    const ofPart = brought()
    await load(location, { cacheDirectory })
    const ofRest = brought()
    expect(ofPart).toBeGreaterThan(0)
    expect(ofPart).toBeLessThan(artifact.files.size)
    expect(ofPart + ofRest).toBe(artifact.files.size)
  })

  test('to look into an artifact, its manifest alone is read', async () => {
    const { location } = await write(await place())
    proxy().taken()
    const { manifest } = await openLocation(location, { manifestOnly: true })
    expect(manifest.root?.$type).toBe('ext.Engine')
    expect(proxy().taken()).toHaveLength(1)
  })

  test('large files go in parts, and come in ranges, several at once; each object has its digest', async () => {
    const { bytes, config } = withFile(40_000_000)
    proxy().fault = together(3, ({ path }) => path.includes('partNumber='))
    const { location } = await write(await place(), { config })
    expect(partsSent()).toHaveLength(3)
    const Key = (await keys()).find((key) => key.endsWith(digest(bytes)))
    const { Metadata } = await client().send(new HeadObjectCommand({ Bucket: bucket(), Key }))
    expect(Metadata).toEqual({ sha256: digest(bytes) })
    proxy().fault = together(3, ({ headers }) => headers['range'] !== undefined)
    const engine = (await load(location, { cacheDirectory: folder() })) as Engine
    expect(digest(readFileSync(engine.file ?? ''))).toBe(digest(bytes))
    expect(
      proxy()
        .taken()
        .filter(({ headers }) => headers['range']),
    ).toHaveLength(3)
    expect(await uploads()).toEqual([])
  })

  test('files go and come several at once', async () => {
    const isObject = ({ path }: S3Request) => /\/[0-9a-f]{64}\?/.test(path)
    proxy().fault = together(4, isObject)
    const { location } = await write(await place())
    proxy().fault = together(4, isObject)
    expect(await load(location)).toBeDefined()
  })

  test('an interrupted upload is no artifact, and goes on where it stopped', async () => {
    const { config } = withFile(100_000_000)
    proxy().fault = ({ path }) => (path.includes('partNumber=4&') ? expired : undefined)
    const storage = await place()
    await expect(write(storage, { config })).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('the credentials have expired'),
    })
    await expect(load(storage.url)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' })
    proxy().fault = () => undefined
    proxy().taken()
    await storage.check({ force: false, compress: false })
    await write(storage, { config })
    expect(partsSent().map(({ path }) => /partNumber=(\d+)/.exec(path)?.[1])).toEqual(['4'])
    expect(await uploads()).toEqual([])
    expect((await keys()).filter((key) => key.endsWith('/unfinished'))).toEqual([])
    expect(((await load(storage.url)) as Engine).file).toMatch(/w\.bin$/)
  })

  test('an interrupted replacement goes on as well; what it sent for another content is given up', async () => {
    const storage = await place()
    await write(storage)
    const [first, second] = [withFile(40_000_000), withFile(50_000_000)]
    proxy().fault = ({ path }) => (path.includes('partNumber=2&') ? expired : undefined)
    await expect(write(storage, { config: first.config, force: true })).rejects.toThrow('expired')
    expect(await uploads()).toHaveLength(1)
    proxy().fault = () => undefined
    await write(storage, { config: second.config, force: true })
    expect(await uploads()).toEqual([])
  })

  test('what an interrupted .tar.gz left is given up by the next one', async () => {
    const bytes = Buffer.from(Array.from({ length: 20_000_000 }, () => Math.random() * 256))
    const config = engineConfig({ file: { $file: join(folder({ 'w.bin': bytes }), 'w.bin') } })
    proxy().fault = ({ path }) => (path.includes('partNumber=2&') ? expired : undefined)
    await expect(write(await place(), { config, compress: true })).rejects.toThrow('expired')
    proxy().fault = () => undefined
    const { location } = await write(await place(), { config, compress: true })
    expect(await uploads()).toEqual([])
    expect(((await load(location)) as Engine).file).toMatch(/w\.bin$/)
  })

  test('an interrupted download goes on where it stopped', async () => {
    const { bytes, config } = withFile(60_000_000)
    const { location } = await write(await place(), { config })
    const cacheDirectory = folder()
    proxy().fault = ({ headers }) =>
      `${headers['range']}`.startsWith('bytes=16777216-') ? expired : undefined
    await expect(load(location, { cacheDirectory })).rejects.toMatchObject({ code: 'DENIED' })
    proxy().fault = () => undefined
    proxy().taken()
    const engine = (await load(location, { cacheDirectory })) as Engine
    expect(
      proxy()
        .taken()
        .filter(({ headers }) => headers['range']),
    ).toHaveLength(1)
    expect(digest(readFileSync(engine.file ?? ''))).toBe(digest(bytes))
    const [artifact = ''] = readdirSync(join(cacheDirectory, 's3'))
    expect(readdirSync(join(cacheDirectory, 's3', artifact, 'assets'))).toEqual(['w.bin'])
  })

  test.runIf(canMount('downloads'))('a download that finds the disk full says so at once', async () => {
    const { config } = withFile(40_000_000)
    const { location } = await write(await place(), { config })
    proxy().taken()
    await onSmallDisk(8, async (cacheDirectory) => {
      await expect(load(location, { cacheDirectory })).rejects.toMatchObject({ code: 'DISK_FULL' })
    })
    const ranges = proxy()
      .taken()
      .flatMap(({ headers }) => headers['range'] ?? [])
    expect(new Set(ranges).size).toBe(ranges.length)
  })

  test('several at once bring the same artifact to the same cache', async () => {
    const { bytes, config } = withFile(40_000_000)
    const { location } = await write(await place(), { config })
    const cacheDirectory = folder()
    const engines = await Promise.all([1, 2, 3].map(() => load(location, { cacheDirectory })))
    for (const engine of engines)
      expect(digest(readFileSync((engine as Engine).file ?? ''))).toBe(digest(bytes))
  })

  test('an altered object is refused, named, and no half of it stays', async () => {
    const { location, artifact } = await write(await place())
    const spec = artifact.manifest.files.find(({ path }) => path === 'spec.yaml')
    const key = (await keys()).find((one) => one.endsWith(spec?.sha256 ?? 'none')) ?? ''
    await put(key, '# The spec\n')
    const cacheDirectory = folder()
    await expect(load(location, { cacheDirectory })).rejects.toMatchObject({
      code: 'ARTIFACT_DAMAGED',
      message: expect.stringContaining('spec.yaml'),
      hint: expect.stringContaining('flambe rm'),
    })
    const [id = ''] = readdirSync(join(cacheDirectory, 's3'))
    expect(readdirSync(join(cacheDirectory, 's3', id))).not.toContain('spec.yaml')
  })

  test('an altered large object is refused, named, and no half of it stays', async () => {
    const { bytes, config } = withFile(40_000_000)
    const { location } = await write(await place(), { config })
    const key = (await keys()).find((one) => one.endsWith(digest(bytes))) ?? ''
    await put(key, Buffer.from(bytes).fill(1, 30_000_000, 30_000_001))
    const cacheDirectory = folder()
    await expect(load(location, { cacheDirectory })).rejects.toMatchObject({
      code: 'ARTIFACT_DAMAGED',
      message: expect.stringContaining('assets/w.bin'),
    })
    const [id = ''] = readdirSync(join(cacheDirectory, 's3'))
    expect(readdirSync(join(cacheDirectory, 's3', id, 'assets'))).toEqual([])
  })

  test('an altered .tar.gz is refused by the digest that it carries', async () => {
    const { location } = await write(await place('a'), { compress: true })
    const object = { Bucket: bucket(), Key: 'a.tar.gz' }
    const { Body, Metadata } = await client().send(new GetObjectCommand(object))
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? '')
    await client().send(new PutObjectCommand({ ...object, Metadata, Body: bytes.fill(1, 500, 501) }))
    await expect(load(location)).rejects.toMatchObject({
      code: 'ARTIFACT_DAMAGED',
      message: expect.stringContaining('a.tar.gz'),
    })
  })

  test('what an interrupted download left, if it is damaged, is brought again', async () => {
    const { bytes, config } = withFile(60_000_000)
    const { location } = await write(await place(), { config })
    const cacheDirectory = folder()
    proxy().fault = ({ headers }) =>
      `${headers['range']}`.startsWith('bytes=50331648-') ? expired : undefined
    await expect(load(location, { cacheDirectory })).rejects.toMatchObject({ code: 'DENIED' })
    proxy().fault = () => undefined
    const [id = ''] = readdirSync(join(cacheDirectory, 's3'))
    const assets = join(cacheDirectory, 's3', id, 'assets')
    const left = readdirSync(assets).find((name) => name.endsWith('.part')) ?? 'none'
    const part = readFileSync(join(assets, left))
    writeFileSync(join(assets, left), part.fill(1, 100, 101))
    const engine = (await load(location, { cacheDirectory })) as Engine
    expect(digest(readFileSync(engine.file ?? ''))).toBe(digest(bytes))
    expect(readdirSync(assets)).toEqual(['w.bin'])
  })

  test('an object that is gone is named, and sent again by the next build that changes something', async () => {
    const { location, artifact } = await write(await place())
    const spec = artifact.manifest.files.find(({ path }) => path === 'spec.yaml')
    const key = (await keys()).find((one) => one.endsWith(spec?.sha256 ?? 'none')) ?? ''
    await client().send(new DeleteObjectCommand({ Bucket: bucket(), Key: key }))
    await expect(load(location)).rejects.toMatchObject({
      code: 'ARTIFACT_DAMAGED',
      message: 'spec.yaml is not in the store',
    })
    await write(await place(), { config: engineConfig({ extras: [] }), force: true })
    expect(await load(location)).toBeDefined()
  })

  test('a file that changes while it is uploaded is told, and no artifact is written', async () => {
    const { path, config } = withFile(1_000_000)
    proxy().fault = ({ method, bytes }) => {
      if (method === 'PUT' && bytes === 1_000_000) writeFileSync(path, Buffer.alloc(1_000_000, 1))
      return undefined
    }
    const storage = await place()
    await expect(write(storage, { config })).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: expect.stringContaining('changed while it was uploaded'),
    })
    await expect(load(storage.url)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' })
  })

  test('an upload tells its size before it starts, and its bytes as they go', async () => {
    const { config } = withFile(40_000_000)
    const events: ProgressEvent[] = []
    const progress = (event: ProgressEvent) => void events.push(event)
    await write(await place(), { config, progress, hashCache: HashCache.none() })
    const [start] = events
    if (start?.type !== 'step') throw new Error('it starts with a step')
    expect(start.title).toBe(`upload to s3://${bucket()}/models/ünï code`)
    const bytes = events.filter((event) => event.type === 'bytes').map(({ count }) => count)
    expect(bytes.reduce((sum, count) => sum + count, 0)).toBe(start.total)
    expect(bytes.length).toBeGreaterThan(5)
  })
})
