import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exitStatus } from '../../../src/errors.ts'
import { load } from '../../../src/storage/index.ts'
import { s3Storage } from '../../../src/storage/s3/s3.ts'
import { type Engine, engineConfig } from '../../helpers/artifact.ts'
import { folder } from '../../helpers/folder.ts'
import { hasVersity } from '../../helpers/s3.ts'
import type { Fault, S3Request } from '../../helpers/s3-proxy.ts'
import { s3Suite, setEnvironment, weights, write } from '../../helpers/s3-suite.ts'

describe.runIf(hasVersity())('faults of the network and of the store', () => {
  const { place, proxy, bucket, uploads } = s3Suite()
  const config = () =>
    engineConfig({ file: { $file: join(folder({ 'w.bin': Buffer.alloc(20_000_000, 'flambe') }), 'w.bin') } })

  /** Who gives up after some tries need not wait between them. */
  const atOnce = { random: () => 0 }
  const passing: [string, Fault][] = [
    ['SlowDown', { status: 503, code: 'SlowDown' }],
    ['a request that it thinks too slow', { status: 400, code: 'RequestTimeout' }],
    ['too many requests', { status: 429, code: 'TooManyRequests' }],
    ['a fault of the store', { status: 500, code: 'InternalError' }],
    ['a bad gateway', { status: 502, code: 'BadGateway' }],
    ['a reset connection', 'reset'],
    ['a connection that breaks in the middle of a request', 'cut request'],
    ['a connection that breaks in the middle of an answer', 'cut answer'],
    ['a lost answer', 'lost answer'],
  ]
  test.each(passing)('%s is tried again, on every kind of request', async (_, fault) => {
    // The first of each kind fails.
    const seen = new Set<string>()
    proxy().fault = ({ method, path }) => {
      const kind = `${method} ${path.replace(/[0-9a-f]{64}|uploadId=[^&]*/g, '')}`
      const first = !seen.has(kind)
      seen.add(kind)
      return first ? fault : undefined
    }
    const { location } = await write(await place(), { config: config() })
    const engine = (await load(location, { cacheDirectory: folder() })) as Engine
    expect(weights(engine)[0]).toEqual([1, 1])
    expect(engine.file).toMatch(/w\.bin$/)
    expect(seen.size).toBeGreaterThan(8)
    proxy().fault = () => undefined
    expect(await uploads()).toEqual([])
  })

  test('a clock that is wrong is made good by what the store says it is', async () => {
    const later = new Date(Date.now() + 3_600_000)
    const stamp = (date: Date) => date.toISOString().slice(0, 13).replace(/[-:]/g, '')
    proxy().fault = ({ headers }) =>
      `${headers['x-amz-date']}`.startsWith(stamp(later))
        ? { status: 403, code: 'AccessDenied' }
        : { status: 403, code: 'RequestTimeTooSkewed', headers: { date: later.toUTCString() } }
    // The second try carries the store's time: the proxy shows that by another refusal.
    await expect(write(await place())).rejects.toMatchObject({ code: 'DENIED' })
  })

  type Row = [fault: Fault, code: string, exit: number, message: string, hint: string]
  const failing: Row[] = [
    [{ status: 403, code: 'AccessDenied' }, 'DENIED', 77, 'may not do that', 'policy'],
    [{ status: 400, code: 'ExpiredToken' }, 'DENIED', 77, 'have expired', 'sign in again'],
    [{ status: 403, code: 'InvalidAccessKeyId' }, 'DENIED', 77, 'does not know', 'AWS_ACCESS_KEY_ID'],
    [{ status: 403, code: 'SignatureDoesNotMatch' }, 'DENIED', 77, 'does not fit', 'AWS_SECRET_ACCESS_KEY'],
    [{ status: 403, code: 'RequestTimeTooSkewed' }, 'UNAVAILABLE', 69, 'clock', 'set the clock'],
    [{ status: 301, code: 'PermanentRedirect' }, 'UNAVAILABLE', 69, 'another region', 'AWS_REGION'],
    [{ status: 404, code: 'NoSuchBucket' }, 'DESTINATION_INVALID', 22, 'there is no bucket', 'create it'],
    [{ status: 400, code: 'InvalidBucketName' }, 'DESTINATION_INVALID', 22, 'does not take', '3 to 63'],
    [{ status: 507, code: 'XMinioStorageFull' }, 'DISK_FULL', 69, 'no space left', 'flambe rm'],
    [{ status: 418, code: 'Teapot' }, 'UNAVAILABLE', 69, 'answered 418 Teapot', 'AWS_ENDPOINT_URL_S3'],
    [{ status: 503, code: 'SlowDown' }, 'UNAVAILABLE', 69, 'slow down', 'later'],
  ]
  test.each(failing)(
    'for good, %j is %s (exit %i), in one sentence with what to do (row 49)',
    async (fault, code, exit, message, hint) => {
      proxy().fault = () => fault
      const told = {
        code,
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }
      const storage = s3Storage(`s3://${bucket()}/models/ünï code`, {}, atOnce)
      const failure = await storage.check({ force: true, compress: false }).catch((error: unknown) => error)
      expect(failure).toMatchObject(told)
      expect(exitStatus(failure)).toBe(exit)
      expect((failure as Error).message).toContain(`s3://${bucket()}/models/ünï code`)
      if (exit !== 69) await expect(load(storage.url)).rejects.toMatchObject(told)
    },
  )

  test('a bucket that is not there is told before anything is built, for every way to write and read (row 49)', async () => {
    const told = {
      code: 'DESTINATION_INVALID',
      message: expect.stringContaining('there is no bucket "no-such-bucket"'),
    }
    const storage = await place('s3://no-such-bucket/x')
    for (const force of [false, true])
      for (const compress of [false, true])
        await expect(storage.check({ force, compress })).rejects.toMatchObject(told)
    await expect(load('s3://no-such-bucket/x')).rejects.toMatchObject(told)
    await expect(load('s3://no-such-bucket/x.tar.gz')).rejects.toMatchObject(told)
  })

  test('credentials that are refused are told, those that are not there as well (row 49)', async () => {
    setEnvironment({ AWS_SECRET_ACCESS_KEY: 'wrong' })
    await expect(write(await place())).rejects.toMatchObject({ code: 'DENIED' })
    setEnvironment({
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/none',
      AWS_SHARED_CREDENTIALS_FILE: '/none',
    })
    await expect(write(await place())).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('no AWS credentials were found'),
    })
  })

  test('a store that does not answer is told with where it was looked for', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const storage = s3Storage(`s3://${bucket()}/x`, { endpoint: `http://127.0.0.1:${port}` }, atOnce)
    await expect(storage.check({ force: false, compress: false })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(`ECONNREFUSED 127.0.0.1:${port}`),
      hint: expect.stringContaining('AWS_ENDPOINT_URL_S3'),
    })
  })

  test('a store that knows no conditional writes is written to without', async () => {
    proxy().fault = ({ headers }: S3Request) =>
      headers['if-none-match'] || headers['if-match'] ? { status: 501, code: 'NotImplemented' } : undefined
    await write(await place())
    const { location } = await write(await place(), { config: engineConfig({ extras: [] }), force: true })
    expect(weights(await load(location))).toEqual([[1, 1]])
  })

  test('a policy that does not let uploads be listed is no hindrance', async () => {
    proxy().fault = ({ path }) =>
      path.includes('?uploads') ? { status: 403, code: 'AccessDenied' } : undefined
    expect(await load((await write(await place())).location)).toBeDefined()
  })

  test('who may read a place alone is told that there is no artifact, and not that they may not look above', async () => {
    proxy().fault = ({ path }) =>
      path.includes('/mine/') ? undefined : { status: 403, code: 'AccessDenied' }
    await expect(load(`s3://${bucket()}/team/mine`)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' })
  })
})
