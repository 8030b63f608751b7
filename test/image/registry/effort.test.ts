import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { planPush, pullImage, pushImage } from '../../../src/image/index.ts'
import { hasDockerRegistry, startDockerRegistry } from '../../helpers/registry/docker-registry.ts'
import { bytesOf, digestOf, imageOf, randomLayer, totalSize } from '../../helpers/registry/images.ts'
import { startRelay } from '../../helpers/registry/relay.ts'
import { scratch } from '../../helpers/registry/scratch.ts'
import { methods, withRegistry } from '../../helpers/registry/with.ts'

const MiB = 2 ** 20
const weights = () => randomLayer(2 * MiB, { title: 'assets' })

describe('requests', () => {
  test('of an unchanged push: one, and no byte', async () => {
    const { memory, at, options } = await withRegistry()
    const image = imageOf([weights(), randomLayer(1000)])
    await pushImage(image, at('me/app:v1'), options)
    memory.requests.length = 0
    const { bytesSent, digest } = await pushImage(image, at('me/app:v1'), options)
    expect({ bytesSent, digest, asked: methods(memory) }).toEqual({
      bytesSent: 0,
      digest: image.manifest.digest,
      asked: ['HEAD'],
    })
  })

  test('of an unchanged push from a machine that knows nothing: one, and no byte', async () => {
    const { memory, at, options } = await withRegistry()
    const image = imageOf([weights(), randomLayer(1000)])
    await pushImage(image, at('me/app:v1'), options)
    memory.requests.length = 0
    const { bytesSent } = await pushImage(image, at('me/app:v1'), {
      ...options,
      cacheDirectory: scratch(),
    })
    expect({ bytesSent, asked: methods(memory) }).toEqual({ bytesSent: 0, asked: ['HEAD'] })
  })

  test('of a one-line change after a push that found all there: at most six, too', async () => {
    const { memory, at, options } = await withRegistry()
    const shared = [weights(), randomLayer(5000), randomLayer(6000), randomLayer(7000)]
    const image = imageOf(shared)
    await pushImage(image, at('me/app:v1'), options)
    const other = { ...options, cacheDirectory: scratch() }
    await pushImage(image, at('me/app:v1'), other)
    memory.requests.length = 0
    await pushImage(imageOf([...shared, randomLayer(1000)]), at('me/app:v1'), other)
    expect(memory.requests.length).toBeLessThanOrEqual(6)
  })

  test.each([undefined, 'basic', 'bearer'] as const)(
    'of a one-line change: at most six (login: %s)',
    async (auth) => {
      const { memory, at, options } = await withRegistry(auth ? { auth } : {})
      const shared = [weights(), randomLayer(50_000), randomLayer(60_000)]
      await pushImage(imageOf([...shared, randomLayer(1000)]), at('me/app:v1'), options)
      memory.requests.length = 0
      const changed = imageOf([...shared, randomLayer(1000)])
      const { bytesSent } = await pushImage(changed, at('me/app:v1'), options)
      expect(methods(memory).sort()).toEqual([
        ...(auth === 'bearer' ? ['GET'] : []),
        'POST',
        'POST',
        'PUT',
        'PUT',
        'PUT',
      ])
      expect(bytesSent).toBe((changed.layers[3]?.size ?? 0) + changed.config.size + changed.manifest.size)
      expect(bytesSent - (changed.layers[3]?.size ?? 0)).toBeLessThan(8192)
    },
  )

  test('of one more tag: two', async () => {
    const { memory, at, options } = await withRegistry()
    const image = imageOf([weights()])
    await pushImage(image, at('me/app:v1'), options)
    memory.requests.length = 0
    await pushImage(image, at('me/app:v2'), options)
    expect(methods(memory)).toEqual(['HEAD', 'PUT'])
  })

  test('of a layer that an image names twice: those of one', async () => {
    const { memory, at, options } = await withRegistry()
    const layer = randomLayer(1000)
    await pushImage(imageOf([layer, randomLayer(10), layer]), at('me/app:v1'), options)
    expect(
      memory.requests.filter(({ method, path }) => method === 'PUT' && /uploads/.test(path)).length,
    ).toBe(3)
  })

  test('of a base that is in the cache: one HEAD; none within maxAge, none offline', async () => {
    const { memory, at, options, clock } = await withRegistry()
    await pushImage(imageOf([weights()]), at('me/base:v1'), options)
    await pullImage(at('me/base:v1'), options)
    const asked = async (more: object) => {
      memory.requests.length = 0
      await pullImage(at('me/base:v1'), { ...options, ...more })
      return methods(memory)
    }
    expect(await asked({})).toEqual(['HEAD'])
    clock.advance(3600_000)
    expect(await asked({ maxAge: 4000_000 })).toEqual([])
    expect(await asked({ maxAge: 3000_000 })).toEqual(['HEAD'])
    expect(await asked({ offline: true })).toEqual([])
  })
})

describe('a tag in the cache', () => {
  test('that has moved is seen by the next pull, and offline stays what it was', async () => {
    const { at, options } = await withRegistry()
    const [one, two] = [imageOf([randomLayer(10)]), imageOf([randomLayer(20)])]
    await pushImage(one, at('me/base:v1'), options)
    await pullImage(at('me/base:v1'), options)
    await pushImage(two, at('me/base:v1'), options)
    const digest = async (more: object) =>
      (await pullImage(at('me/base:v1'), { ...options, ...more })).manifest.digest
    expect(await digest({ offline: true })).toBe(one.manifest.digest)
    expect(await digest({})).toBe(two.manifest.digest)
    await expect(pullImage(at('me/base:other'), { ...options, offline: true })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      hint: 'run once without --offline to download it',
    })
  })
})

describe('what a registry is known to have', () => {
  test('is asked again after a day', async () => {
    const { memory, at, options, clock } = await withRegistry()
    const layer = weights()
    await pushImage(imageOf([layer, randomLayer(10)]), at('me/app:v1'), options)
    clock.advance(25 * 3600_000)
    memory.requests.length = 0
    await pushImage(imageOf([layer, randomLayer(20)]), at('me/app:v1'), options)
    expect(memory.requests.some(({ method, path }) => method === 'HEAD' && path.endsWith(layer.digest))).toBe(
      true,
    )
  })

  test('survives a cache that is damaged or cannot be written', async () => {
    const { at, options } = await withRegistry()
    const image = imageOf([weights()])
    await pushImage(image, at('me/app:v1'), { ...options, cacheDirectory: import.meta.filename })
    await pushImage(image, at('me/app:v2'), options)
    const files = await readdir(join(options.cacheDirectory, 'registry'), {
      recursive: true,
      withFileTypes: true,
    })
    for (const file of files)
      if (file.isFile())
        await writeFile(join(file.parentPath, file.name), '{"version":1,"repositories":{"x":null}')
    await pushImage(imageOf([weights()]), at('me/app:v3'), options)
  })
})

describe('round trips of a one-line change, with the connections that it opens', () => {
  test.each([
    [undefined, 'known', 4],
    ['bearer', 'known', 6],
    [undefined, 'new', 7],
    ['bearer', 'new', 10],
  ] as const)(
    'login %s, a machine to which the repository is %s: at most %d',
    async (auth, memoryOfIt, most) => {
      const { memory, host, options } = await withRegistry(auth ? { auth } : {})
      const relay = await startRelay(host, { roundTrip: 6 })
      onTestFinished(relay.close)
      memory.at(`http://${relay.host}`)
      const reference = `${relay.host}/me/app:v1`
      const shared = [weights(), randomLayer(5000)]
      await pushImage(imageOf([...shared, randomLayer(1000)]), reference, options)
      relay.restart()
      const cacheDirectory = memoryOfIt === 'known' ? options.cacheDirectory : scratch()
      await pushImage(imageOf([...shared, randomLayer(1000)]), reference, { ...options, cacheDirectory })
      expect(relay.roundTrips()).toBeGreaterThan(2)
      expect(relay.roundTrips()).toBeLessThanOrEqual(most)
    },
  )
})

describe('a push that was killed in the middle of a large blob', () => {
  test('goes on where it was: the second run sends at most 55 %', async () => {
    const { memory, host, cacheDirectory } = await withRegistry({ isResumable: true })
    const size = 24 * MiB
    const killed = await runChild(
      { reference: `${host}/me/app:v1`, cacheDirectory, size },
      () => memory.sentBytes > size / 2,
    )
    expect(killed).toBe('SIGKILL')
    const before = memory.sentBytes
    expect(await runChild({ reference: `${host}/me/app:v1`, cacheDirectory, size })).toBe(0)
    expect(memory.sentBytes - before).toBeLessThan(size * 0.55)
    expect(memory.repository('me/app').tags.size).toBe(1)
  })

  test('starts again where the registry cannot go on', async () => {
    const { memory, host, cacheDirectory } = await withRegistry()
    const size = 24 * MiB
    await runChild(
      { reference: `${host}/me/app:v1`, cacheDirectory, size },
      () => memory.sentBytes > size / 2,
    )
    expect(await runChild({ reference: `${host}/me/app:v1`, cacheDirectory, size })).toBe(0)
    expect(memory.repository('me/app').tags.size).toBe(1)
  })

  const isHere = hasDockerRegistry('resuming at the real registry')
  test.runIf(isHere)(
    'by an abort goes on at the real registry, for the chunk under way may end',
    async () => {
      const registry = await startDockerRegistry(scratch())
      onTestFinished(registry.stop)
      const cacheDirectory = scratch()
      const layer = randomLayer(150 * MiB, { chunk: 4 * MiB })
      const image = imageOf([layer])
      const stop = new AbortController()
      let out = 0
      const progress = (event: { type: string; count?: number }) => {
        out += event.type === 'bytes' ? (event.count ?? 0) : 0
        if (out > layer.size * 0.4) stop.abort(new Error('stop'))
      }
      const reference = `${registry.host}/me/app:v1`
      await expect(
        pushImage(image, reference, { cacheDirectory, progress, signal: stop.signal }),
      ).rejects.toThrow('stop')
      const { bytesSent } = await pushImage(image, reference, { cacheDirectory })
      expect(bytesSent).toBeLessThan(totalSize(image) * 0.65)
      expect((await pullImage(reference, { cacheDirectory })).manifest.digest).toBe(image.manifest.digest)
    },
  )

  test('leaves alone what another push of the same blob is still sending', async () => {
    const { memory, at, options } = await withRegistry({ isResumable: true })
    const layer = randomLayer(9 * MiB)
    memory.faults.push({ method: 'PUT', path: /uploads/, delay: 60, times: 2 })
    await Promise.all(['a', 'b'].map((tag) => pushImage(imageOf([layer]), at(`me/app:${tag}`), options)))
    expect([...memory.repository('me/app').tags.keys()].sort()).toEqual(['a', 'b'])
    expect(memory.requests.filter(({ status }) => status >= 400 && status !== 404)).toEqual([])
  })

  test('the dry run says what is left to send', async () => {
    const { memory, at, options: several } = await withRegistry({ isResumable: true })
    const options = { ...several, connections: 1 }
    const image = imageOf([randomLayer(12 * MiB)])
    const stop = new AbortController()
    const happens = () => stop.abort(new Error('stop'))
    memory.faults.push({ method: 'PUT', path: /uploads/, resetAfter: 6 * MiB, happens })
    await expect(pushImage(image, at('me/app:v1'), { ...options, signal: stop.signal })).rejects.toThrow(
      'stop',
    )
    const plan = await planPush(image, at('me/app:v1'), options)
    const { bytesSent } = await pushImage(image, at('me/app:v1'), options)
    expect(bytesSent).toBe(plan.bytes)
    expect(bytesSent).toBeLessThan(7 * MiB)
  })
})

/** Pushes the same image in a process of its own; kills it as soon as `until` is true. */
async function runChild(
  { reference, cacheDirectory, size }: { reference: string; cacheDirectory: string; size: number },
  until?: () => boolean,
): Promise<number | string | null> {
  const script = new URL('./fixtures/push-child.ts', import.meta.url).pathname
  const child = spawn(
    process.execPath,
    [script, reference, cacheDirectory, String(size), until ? 'slow' : 'fast'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const watch = until && setInterval(() => until() && child.kill('SIGKILL'), 5)
  const [code, signal] = await once(child, 'exit')
  clearInterval(watch)
  return signal ?? code
}

describe('a download that a killed process left', () => {
  const left = async (change: (half: Buffer) => Buffer) => {
    const { memory, at, options, cacheDirectory } = await withRegistry()
    const layer = randomLayer(MiB)
    await pushImage(imageOf([layer]), at('me/app:v1'), options)
    const [pulled] = (await pullImage(at('me/app:v1'), options)).layers
    const half = (await bytesOf(layer)).subarray(0, MiB / 2)
    const [algorithm = '', hex = ''] = layer.digest.split(':')
    // No process has this id.
    await writeFile(join(cacheDirectory, 'blobs', algorithm, `${hex}.4194305-1.x.partial`), change(half))
    memory.requests.length = 0
    return { memory, layer, pulled: pulled ?? layer, blobs: join(cacheDirectory, 'blobs', algorithm) }
  }

  test('is taken up where it ended', async () => {
    const { memory, layer, pulled, blobs } = await left((half) => half)
    expect(digestOf(await bytesOf(pulled))).toBe(layer.digest)
    expect(memory.requests.map(({ headers }) => headers.range)).toEqual([
      `bytes=${MiB / 2}-${layer.size - 1}`,
    ])
    expect((await readdir(blobs)).filter((name) => name.endsWith('.partial'))).toEqual([])
  })

  test('and is damaged, is an error once and then begins again', async () => {
    const { layer, pulled } = await left((half) => Buffer.from(half).fill(0, 0, 5))
    await expect(bytesOf(pulled)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(digestOf(await bytesOf(pulled))).toBe(layer.digest)
  })
})
