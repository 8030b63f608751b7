import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  beginLoad,
  type Layer,
  type LayerAhead,
  type LoadRequest,
  loadIntoEngine,
  openEngine,
} from '../../../src/image/index.ts'
import { type EnginePersonality, fakeEngine } from '../../helpers/engine/fake.ts'
import { docker, hasEngine, imageName, realEngine } from '../../helpers/engine/real.ts'
import { imageOf, randomLayer } from '../../helpers/registry/images.ts'

const mebibyte = 2 ** 20

describe('a layer that goes to the engine before its digest is known', () => {
  test('begins the archive that the rest of its image ends', async () => {
    const { engine, loads, images } = await withFake()
    const digest = Promise.withResolvers<string>()
    const large = randomLayer(3 * mebibyte)
    const ahead = await begin([{ ...aheadOf(large), sha256: digest.promise }], { engine })
    await sentSo(ahead, large.size)
    digest.resolve(hex(large))
    const image = imageOf([randomLayer(2000), large, randomLayer(10)])
    const { bytesSent } = await loadIntoEngine(image, ['demo'], { engine, ahead })
    expect(loads).toEqual([{ names: expect.any(Array), bytes: bytesSent }])
    const [first, ...names] = loads[0]?.names ?? []
    expect(first).toBe('layer-0.tar')
    // The config, and two layers.
    expect(names.filter((name) => name.startsWith('blobs/'))).toHaveLength(3)
    expect(images.get(image.config.digest)?.files.get('layer-0.tar')).toHaveLength(large.size)
  })

  test('and others after it, each once', async () => {
    const { engine, loads, images } = await withFake()
    const layers = [randomLayer(2 * mebibyte), randomLayer(mebibyte)]
    const ahead = await begin(layers.map(aheadOf), { engine })
    const image = imageOf([...layers.toReversed(), randomLayer(10)])
    const { bytesSent } = await loadIntoEngine(image, ['demo'], { engine, ahead })
    expect(images.has(image.config.digest)).toBe(true)
    expect(loads).toHaveLength(1)
    expect(bytesSent).toBeLessThan(3 * mebibyte + 20_000)
  })

  test.each([
    ['a layer that the engine has', 1],
    ['an image that the engine has', 0],
  ])('is broken off for %s, and what went out counts', async (_, more) => {
    const { engine, loads, images } = await withFake()
    const large = randomLayer(8 * mebibyte)
    const small = randomLayer(10)
    await loadIntoEngine(imageOf([large, small]), ['demo:1'], { engine })
    const ahead = await begin([aheadOf(large)], { engine })
    await sentSo(ahead, mebibyte)
    const image = imageOf([large, ...(more > 0 ? [randomLayer(20)] : [small])])
    const { bytesSent } = await loadIntoEngine(image, ['demo:2'], { engine, ahead })
    expect([...images.keys()].some((name) => name.endsWith('demo:2'))).toBe(true)
    expect(ahead.isOpen()).toBe(false)
    expect(loads).toHaveLength(1 + more)
    const after = loads.slice(1).reduce((sum, { bytes }) => sum + bytes, 0)
    expect(after).toBeLessThan(10_000)
    expect(bytesSent).toBeGreaterThanOrEqual(mebibyte + after)
  })

  test('is broken off where the image turns out to have another one', async () => {
    const { engine, loads, images } = await withFake()
    const ahead = await begin([aheadOf(randomLayer(mebibyte))], { engine })
    const image = imageOf([randomLayer(mebibyte)])
    await loadIntoEngine(image, ['demo'], { engine, ahead })
    expect(images.has(image.config.digest)).toBe(true)
    expect(loads).toHaveLength(1)
    expect(loads[0]?.names).toContain('oci-layout')
  })

  test('of a source that changed meanwhile is no part of any image', async () => {
    const { engine, loads } = await withFake()
    const large = randomLayer(mebibyte)
    const changed = { ...large, open: randomLayer(mebibyte).open }
    const ahead = await begin([{ ...aheadOf(changed), isSame: () => false }], { engine })
    await expect(loadIntoEngine(imageOf([changed]), ['demo'], { engine, ahead })).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: expect.stringContaining(changed.digest),
    })
    expect(loads).toEqual([])
  })

  test('of a source that was touched meanwhile goes again', async () => {
    const { engine, loads, images } = await withFake()
    const large = randomLayer(mebibyte)
    const ahead = await begin([{ ...aheadOf(large), isSame: () => false }], { engine })
    const image = imageOf([large])
    await loadIntoEngine(image, ['demo'], { engine, ahead })
    expect(images.has(image.config.digest)).toBe(true)
    expect(loads.map(({ names }) => names.includes('layer-0.tar'))).toEqual([false])
  })

  test('goes again where the engine was lost before the image was known', async () => {
    const [broken, sound] = [await withFake({ breaksAfter: 300_000 }), await withFake()]
    const large = randomLayer(4 * mebibyte)
    const ahead = await begin([aheadOf(large)], broken)
    while (ahead.isOpen()) await sleep(5)
    const image = imageOf([large])
    await loadIntoEngine(image, ['demo'], { ...sound, ahead })
    expect(sound.images.has(image.config.digest)).toBe(true)
  })

  test('goes again, and with all others, to an engine that refuses a part', async () => {
    const { engine, loads, images } = await withFake({ wantsAll: true })
    const [base, large] = [randomLayer(2 * mebibyte), randomLayer(mebibyte)]
    await loadIntoEngine(imageOf([base]), ['demo:1'], { engine })
    const ahead = await begin([aheadOf(large)], { engine })
    const image = imageOf([base, large])
    await loadIntoEngine(image, ['demo:2'], { engine, ahead })
    expect(images.has(image.config.digest)).toBe(true)
    expect(loads.map(({ names }) => names.includes('layer-0.tar'))).toEqual([false, true, false])
  })

  test.each<[string, EnginePersonality, object]>([
    [
      'an engine that stops',
      { breaksAfter: 9 * mebibyte },
      { message: expect.stringContaining('broke off') },
    ],
    ['an error in the stream of a 200', { loadError: 'bad' }, { message: expect.stringContaining('"bad"') }],
    [
      'a disk that is full before all was sent',
      { fullAfter: mebibyte },
      { code: 'DISK_FULL', message: expect.stringContaining('no space is left') },
    ],
    ['another image than ours', { alters: true }, { message: expect.stringContaining('000000') }],
  ])('fails with %s as any other', async (_, personality, expected) => {
    const { engine } = await withFake(personality)
    const large = randomLayer(8 * mebibyte)
    const ahead = await begin([aheadOf(large)], { engine })
    const image = imageOf([large, randomLayer(2 * mebibyte)])
    await expect(loadIntoEngine(image, ['demo'], { engine, ahead })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      ...expected,
    })
  })

  test.each<[string, EnginePersonality]>([
    ['a containerd store', { containerd: true }],
    ['Podman', { podman: true }],
  ])('is not begun for %s, which takes an OCI layout for whole', async (_, personality) => {
    const { engine } = await withFake(personality)
    expect(await beginLoad([aheadOf(randomLayer(10))], { engine })).toBeUndefined()
  })

  test.each(['tcp://10.1.2.3:2375', 'ssh://me@far'])(
    'is not begun for another machine: %s',
    async (address) => {
      const { engine } = await withFake()
      const far = { ...engine, address }
      expect(await beginLoad([aheadOf(randomLayer(10))], { engine: far })).toBeUndefined()
    },
  )
})

describe.skipIf(!hasEngine('loading ahead into the real engine'))('the real engine', () => {
  test('has our image of a layer that came before its digest was known', async () => {
    const [name, engine] = [imageName(), await realEngine()]
    const large = randomLayer(8 * mebibyte)
    const digest = Promise.withResolvers<string>()
    const ahead = await begin([{ ...aheadOf(large), sha256: digest.promise }], { engine })
    await sentSo(ahead, large.size)
    digest.resolve(hex(large))
    const image = imageOf([randomLayer(100), large, randomLayer(2000, { gzip: true })])
    await loadIntoEngine(image, [`${name}:1`], { engine, ahead })
    expect(docker('images', '--quiet', '--no-trunc', name)).toBe(image.config.digest)
    const layers = JSON.parse(docker('inspect', '--format', '{{json .RootFS.Layers}}', `${name}:1`))
    expect(layers).toEqual(image.layers.map(({ diffId }) => diffId))
  })

  test('finds out a layer of which other bytes went out than its digest says', async () => {
    const [name, engine] = [imageName(), await realEngine()]
    const large = randomLayer(mebibyte)
    const ahead = await begin([{ ...aheadOf(large), open: randomLayer(mebibyte).open }], { engine })
    const whole = imageOf([{ ...large, open: randomLayer(mebibyte).open }])
    await expect(loadIntoEngine(whole, [`${name}:1`], { engine, ahead })).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
    })
    expect(docker('images', '--quiet', name)).toBe('')
  })

  test.runIf(process.getuid?.() === 0)('keeps nothing of an archive that is broken off', async () => {
    const engine = await realEngine()
    const large = randomLayer(8 * mebibyte)
    const ahead = await begin([aheadOf(large)], { engine })
    await sentSo(ahead, large.size)
    await expect.poll(unpacking).not.toEqual([])
    await ahead[Symbol.asyncDispose]()
    await expect.poll(unpacking, { timeout: 20_000 }).toEqual([])
  })
})

async function withFake(personality: EnginePersonality = {}) {
  const { env, ...fake } = await fakeEngine(personality)
  return { ...fake, engine: await openEngine({ env }) }
}

const hex = ({ digest }: Layer) => digest.replace('sha256:', '')

function aheadOf(layer: Layer): LayerAhead {
  const { size, open } = layer
  return { path: 'models/weights', size, open, sha256: Promise.resolve(hex(layer)), isSame: () => true }
}

async function begin(
  layers: readonly LayerAhead[],
  { engine }: Pick<Parameters<typeof beginLoad>[1], 'engine'>,
): Promise<LoadRequest> {
  const begun = await beginLoad(layers, { engine })
  if (!begun) throw new Error('nothing was begun')
  onTestFinished(() => begun[Symbol.asyncDispose]())
  return begun
}

async function sentSo({ sent }: LoadRequest, bytes: number): Promise<void> {
  await expect.poll(() => sent.bytes).toBeGreaterThanOrEqual(bytes)
}

/** Folders of archives that the engine unpacks: of this test, and of others at the same time. */
function unpacking(): readonly string[] {
  const folder = join(docker('info', '--format', '{{.DockerRootDir}}'), 'tmp')
  return readdirSync(folder).filter((name) => readdirSync(join(folder, name)).includes('layer-0.tar'))
}
