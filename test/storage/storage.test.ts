import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Draft, draftArtifact } from '../../src/artifact/index.ts'
import type { ComponentConfig } from '../../src/construct/index.ts'
import { HashCache } from '../../src/files/index.ts'
import { silent } from '../../src/progress.ts'
import { load, openStorage, type Storage } from '../../src/storage/index.ts'
import { buildEngine, code, type Engine, engineConfig, type Leaf } from '../helpers/artifact.ts'
import { folder } from '../helpers/folder.ts'
import { hasProgram } from '../helpers/registry/programs.ts'
import { type S3Proxy, type S3Server, s3Environment, startS3Proxy, startS3Server } from '../helpers/s3.ts'

type Place = {
  /** A fresh destination, and what it may be spoken to with. */
  readonly storage: () => Promise<Storage>
  /** Puts a file that is no artifact's into the destination. */
  readonly litter: (storage: Storage) => Promise<void>
}

const draftOf = async (config?: ComponentConfig): Promise<Draft> =>
  draftArtifact(await buildEngine(config), {
    name: 'engine',
    code,
    spec: '# the spec\n',
    configText: '!ext.Engine\n',
  })

const write = async (
  storage: Storage,
  {
    config,
    force = false,
    compress = false,
  }: { config?: ComponentConfig; force?: boolean; compress?: boolean } = {},
) => storage.write(await draftOf(config), { force, compress, hashCache: HashCache.none(), progress: silent })

const weights = (engine: Engine) => [engine.model, ...engine.extras].map(({ weight }) => [...weight])

/** What every backend keeps. */
function contract(name: string, place: () => Place): void {
  describe(`storage: ${name}`, () => {
    test('what is written loads', async () => {
      const { location } = await write(await place().storage())
      expect(weights((await load(location)) as Engine)).toEqual([[1, 1], [2], [3, 3, 3]])
    })

    test('a part loads by its own place (row 27)', async () => {
      const { location } = await write(await place().storage())
      const leaf = (await load(`${location}/extras/1`)) as Leaf
      expect([...leaf.weight]).toEqual([3, 3, 3])
    })

    test('one .tar.gz loads too (row 28, row 48)', async () => {
      const { location } = await write(await place().storage(), { compress: true })
      expect(location).toMatch(/\.tar\.gz$/)
      expect(weights((await load(location)) as Engine)).toEqual([[1, 1], [2], [3, 3, 3]])
    })

    test('what is there already is refused without force, and replaced as a whole with it (row 42, row 47, row 50)', async () => {
      const storage = await place().storage()
      await write(storage)
      await expect(storage.check({ force: false, compress: false })).rejects.toMatchObject({
        code: 'DESTINATION_NOT_EMPTY',
      })
      await expect(write(storage)).rejects.toMatchObject({ code: 'DESTINATION_NOT_EMPTY' })
      await storage.check({ force: true, compress: false })
      const { location } = await write(storage, { config: engineConfig({ extras: [] }), force: true })
      expect(weights((await load(location)) as Engine)).toEqual([[1, 1]])
    })

    test('files that are no artifact are refused without force, and never removed', async () => {
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
  })
}

contract('local', () => ({
  storage: () => openStorage('local', './a/b c/out', { directory: folder() }),
  litter: async ({ url }) => {
    const { mkdirSync } = await import('node:fs')
    mkdirSync(url, { recursive: true })
    writeFileSync(join(url, 'x'), '')
  },
}))

describe.runIf(hasProgram('versitygw'))('S3', () => {
  let server: S3Server
  let proxy: S3Proxy
  let client: S3Client
  const before = { ...process.env }
  let count = 0
  const bucket = () => `bucket-${count}`

  beforeAll(async () => {
    server = await startS3Server()
    proxy = await startS3Proxy(server.endpoint)
    Object.assign(process.env, s3Environment(proxy.endpoint))
    client = new S3Client({ endpoint: server.endpoint, forcePathStyle: true, region: 'us-east-1' })
  })
  afterAll(async () => {
    process.env = before
    await proxy.stop()
    await server.stop()
  })
  beforeEach(async () => {
    count++
    proxy.fault = () => undefined
    await client.send(new CreateBucketCommand({ Bucket: bucket() }))
    proxy.taken()
  })

  const s3 = (destination = `s3://${bucket()}/models/ünï code`) =>
    openStorage('s3', destination, { directory: '/' })
  const put = (Key: string) => client.send(new PutObjectCommand({ Bucket: bucket(), Key, Body: 'x' }))
  const keys = async () =>
    ((await client.send(new ListObjectsV2Command({ Bucket: bucket() }))).Contents ?? []).map(
      ({ Key = '' }) => Key,
    )

  contract('s3', () => ({ storage: () => s3(), litter: () => put('models/ünï code/x').then(() => {}) }))

  test('a bare bucket name is the whole bucket (row 46)', async () => {
    const storage = await s3(bucket())
    expect((await write(storage)).location).toBe(`s3://${bucket()}`)
    expect(weights((await load(`s3://${bucket()}`)) as Engine)[0]).toEqual([1, 1])
  })

  test.each(['http://x/y', 's3://', 's3:///x', 'A', 'a..b', 'no_underscores'])(
    '%s is refused (row 46)',
    async (destination) => {
      await expect(s3(destination)).rejects.toMatchObject({ code: 'DESTINATION_INVALID' })
    },
  )

  test('a prefix ends at a slash: "model" is not blocked by "models/…" (row 47)', async () => {
    await put('models/x')
    await put('model.txt')
    await write(await s3(`s3://${bucket()}/model`))
    await put('other/x')
    await expect(write(await s3(`s3://${bucket()}/other`))).rejects.toMatchObject({
      code: 'DESTINATION_NOT_EMPTY',
    })
  })

  test('the keys are those of the files, by their digests, and the manifest (row 48)', async () => {
    const { artifact } = await write(await s3())
    const wanted = artifact.manifest.files.map(
      ({ path, sha256 }) => `models/ünï code/files/${sha256}/${path.split('/').at(-1)}`,
    )
    expect((await keys()).sort()).toEqual([...new Set([...wanted, 'models/ünï code/flambe.json'])].sort())
  })

  test('force sends what changed alone, and removes what is not needed any more (row 50)', async () => {
    await write(await s3())
    const first = await keys()
    proxy.taken()
    await write(await s3(), { config: engineConfig({ extras: [] }), force: true })
    const sent = proxy.taken().filter(({ method }) => method === 'PUT')
    expect(sent.length).toBeLessThan(first.length)
    expect((await keys()).length).toBeLessThan(first.length)
  })

  test('an unchanged export sends no bodies, in at most 3 requests', async () => {
    await write(await s3())
    proxy.taken()
    await write(await s3(), { force: true })
    const taken = proxy.taken()
    expect(taken.length).toBeLessThanOrEqual(3)
    expect(taken.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(0)
  })

  test('loading what is in the cache makes one request; a part brings its own files alone', async () => {
    const { location } = await write(await s3())
    const cacheDirectory = folder()
    proxy.taken()
    await load(`${location}/model`, { cacheDirectory })
    expect(
      proxy
        .taken()
        .filter(({ path }) => path.includes('/files/') && path.endsWith('state.safetensors?x-id=GetObject')),
    ).toHaveLength(1)
    await load(location, { cacheDirectory })
    proxy.taken()
    await load(location, { cacheDirectory })
    expect(proxy.taken()).toHaveLength(1)
  })

  test('large files go in parts, and come in ranges', async () => {
    const bytes = Buffer.alloc(40_000_000, 'flambe')
    const directory = folder({ 'w.bin': bytes })
    const config = engineConfig({ file: { $file: join(directory, 'w.bin') } })
    const { location } = await write(await s3(), { config })
    expect(proxy.taken().filter(({ path }) => path.includes('partNumber='))).toHaveLength(3)
    const engine = (await load(location, { cacheDirectory: folder() })) as Engine
    expect(
      createHash('sha256')
        .update(readFileSync(engine.file ?? ''))
        .digest('hex'),
    ).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(proxy.taken().filter(({ path }) => path.includes('w.bin'))).toHaveLength(3)
  })

  test('an interrupted upload is no artifact, and goes on where it stopped', async () => {
    const directory = folder({ 'w.bin': Buffer.alloc(200_000_000, 'flambe') })
    const config = engineConfig({ file: { $file: join(directory, 'w.bin') } })
    const controller = new AbortController()
    proxy.fault = ({ path }) => {
      if (path.includes('partNumber=12&')) controller.abort(new Error('stop'))
      return undefined
    }
    const storage = await s3()
    const options = {
      force: false,
      compress: false,
      hashCache: HashCache.none(),
      progress: silent,
      signal: controller.signal,
    }
    await expect(storage.write(await draftOf(config), options)).rejects.toThrow('stop')
    await expect(load(storage.url)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' })
    proxy.fault = () => undefined
    proxy.taken()
    await write(storage, { config })
    const parts = proxy.taken().filter(({ method, path }) => method === 'PUT' && path.includes('partNumber='))
    expect(parts.length).toBeLessThan(12)
    expect((await client.send(new ListMultipartUploadsCommand({ Bucket: bucket() }))).Uploads ?? []).toEqual(
      [],
    )
    expect(((await load(storage.url)) as Engine).file).toMatch(/w\.bin$/)
  })

  test.each([
    ['SlowDown', { status: 503, code: 'SlowDown' } as const],
    ['a fault of the store', { status: 500, code: 'InternalError' } as const],
    ['a reset connection', 'reset' as const],
  ])('%s is tried again', async (_, fault) => {
    let failures = 0
    proxy.fault = () => (failures++ % 3 === 0 && failures < 20 ? fault : undefined)
    const { location } = await write(await s3())
    expect(weights((await load(location)) as Engine)[0]).toEqual([1, 1])
    expect(failures).toBeGreaterThan(3)
  })

  test.each([
    [403, 'AccessDenied', 'DENIED', 'may not do that'],
    [403, 'ExpiredToken', 'DENIED', 'the credentials have expired'],
    [403, 'InvalidAccessKeyId', 'DENIED', 'does not know this access key'],
    [403, 'RequestTimeTooSkewed', 'UNAVAILABLE', 'clock'],
    [301, 'PermanentRedirect', 'UNAVAILABLE', 'is in another region'],
    [503, 'SlowDown', 'UNAVAILABLE', 'keeps asking to slow down'],
  ])(
    '%i %s is told in a sentence (row 49)',
    async (status, code, expected, message) => {
      proxy.fault = () => ({ status, code })
      await expect(write(await s3())).rejects.toMatchObject({
        code: expected,
        message: expect.stringContaining(message),
        hint: expect.any(String),
      })
    },
    60_000,
  )

  test('a bucket that is not there is told (row 49)', async () => {
    await expect(write(await s3('s3://no-such-bucket/x'))).rejects.toMatchObject({
      code: 'DESTINATION_INVALID',
      message: expect.stringContaining('there is no bucket "no-such-bucket"'),
    })
    await expect(load('s3://no-such-bucket/x')).rejects.toMatchObject({ code: 'DESTINATION_INVALID' })
  })

  test('of two builders at once one wins whole', async () => {
    await write(await s3())
    const storage = await s3()
    const small = engineConfig({ extras: [] })
    const results = await Promise.allSettled([
      write(storage, { config: small, force: true }),
      write(storage, { config: engineConfig({ table: {} }), force: true }),
    ])
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true)
    const engine = (await load(storage.url)) as Engine
    expect([1, 3]).toContain(weights(engine).length)
  })

  test('an altered object is refused, and no half of it stays', async () => {
    const { location, artifact } = await write(await s3())
    const [file] = artifact.manifest.files.filter(({ path }) => path === 'spec.yaml')
    await client.send(
      new PutObjectCommand({
        Bucket: bucket(),
        Key: `models/ünï code/files/${file?.sha256}/spec.yaml`,
        Body: '# The spec\n',
      }),
    )
    const cacheDirectory = folder()
    await expect(load(location, { cacheDirectory })).rejects.toMatchObject({
      code: 'ARTIFACT_DAMAGED',
      message: expect.stringContaining('spec.yaml'),
    })
    const [digest = ''] = readdirSync(join(cacheDirectory, 's3'))
    expect(existsSync(join(cacheDirectory, 's3', digest, 'spec.yaml'))).toBe(false)
    expect(statSync(join(cacheDirectory, 's3')).isDirectory()).toBe(true)
  })
})
