import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type DoctorOptions, examine } from '../../src/builders/index.ts'
import { silent } from '../../src/progress.ts'
import { flambe } from '../helpers/cli.ts'
import { folder } from '../helpers/folder.ts'
import { failure } from '../helpers/registry/fault.ts'
import { withRegistry } from '../helpers/registry/with.ts'
import { s3Suite } from '../helpers/s3-suite.ts'

const options = (more: Partial<DoctorOptions> = {}): DoctorOptions => ({
  node: 'v24.1.0',
  environment: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
  home: folder(),
  cacheDirectory: folder(),
  progress: silent,
  signal: new AbortController().signal,
  ...more,
})

const find = async (name: string, more: Partial<DoctorOptions> = {}, places: readonly string[] = []) =>
  (await examine(places, options(more))).find((finding) => finding.name === name)

describe('flambe doctor', () => {
  const { bucket } = s3Suite()

  test.each([
    ['v22.15.0', 'ok'],
    ['v24.0.0', 'ok'],
    ['v22.14.9', 'failed'],
    ['v20.20.2', 'failed'],
  ])('Node %s is %s', async (node, state) => {
    expect(await find('node', { node })).toMatchObject({ state })
  })

  test('a cache that cannot be written says which variable helps', async () => {
    expect(await find('cache')).toMatchObject({ state: 'ok' })
    const file = join(folder(), 'file')
    writeFileSync(file, '')
    expect(await find('cache', { cacheDirectory: join(file, 'cache') })).toMatchObject({
      state: 'failed',
      hint: expect.stringContaining('FLAMBE_CACHE_DIR'),
    })
  })

  test('an engine that is not there is no failure: not everything needs one', async () => {
    expect(await find('engine')).toMatchObject({
      state: 'warning',
      says: expect.stringContaining('/nowhere/docker.sock'),
      hint: expect.any(String),
    })
  })

  test('a bucket is listed, one that is not there is named with what to do', async () => {
    const there = `s3://${bucket()}/models`
    expect(await find(there, {}, [there])).toMatchObject({ state: 'ok' })
    expect(await find('s3://no-such-bucket', {}, ['s3://no-such-bucket'])).toMatchObject({
      state: 'failed',
      says: expect.stringContaining('there is no bucket "no-such-bucket"'),
      hint: expect.stringContaining('create it'),
    })
  })

  test('a repository that may be pushed to is left as it was', async () => {
    const { memory, at } = await withRegistry({ auth: 'bearer' })
    const place = at('me/app')
    const registry = { login: memory.user }
    expect(await find(place, { registry }, [place])).toEqual({
      name: place,
      state: 'ok',
      says: `${place} can be pushed to`,
    })
    expect(memory.requests.map(({ method }) => method).slice(-2)).toEqual(['POST', 'DELETE'])
    expect(memory.blobs.size).toBe(0)
  })

  test('a login that may not push says so', async () => {
    const { memory, at } = await withRegistry({ auth: 'bearer' })
    const place = at('me/app')
    expect(await find(place, {}, [place])).toMatchObject({
      state: 'failed',
      hint: expect.stringContaining('docker login'),
    })
    memory.faults.push({ method: 'POST', path: /uploads/, status: 403, body: failure('DENIED', 'no') })
    const registry = { login: memory.user }
    expect(await find(place, { registry }, [place])).toMatchObject({ state: 'failed' })
  })

  test('the command tells each in a line, and ends with 69 where one failed', async () => {
    const env = { FLAMBE_CACHE_DIR: folder(), FLAMBE_HOME: folder() }
    const well = await flambe(['doctor', `s3://${bucket()}`], { env })
    expect([well.status, well.stderr]).toEqual([0, ''])
    expect(well.stdout).toMatch(/^✓ node: v\d/)
    expect(well.stdout).toContain(`✓ s3://${bucket()}: can be listed`)
    const ill = await flambe(['doctor', 's3://no-such-bucket', '--json'], { env })
    expect(ill.status).toBe(69)
    expect(JSON.parse(ill.stdout).at(-1)).toMatchObject({ name: 's3://no-such-bucket', state: 'failed' })
  })
})
