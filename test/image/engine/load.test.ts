import { type AddressInfo, connect, createServer } from 'node:net'
import { pipeline } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadIntoEngine, openEngine, planLoad, startContainer } from '../../../src/image/index.ts'
import type { ProgressEvent } from '../../../src/progress.ts'
import { type EnginePersonality, fakeEngine } from '../../helpers/engine/fake.ts'
import { docker, hasEngine, imageName, realEngine } from '../../helpers/engine/real.ts'
import { imageOf, randomImage, randomLayer } from '../../helpers/registry/images.ts'

const mebibyte = 2 ** 20

async function withFake(personality: EnginePersonality = {}) {
  const { env, ...fake } = await fakeEngine(personality)
  return { ...fake, engine: await openEngine({ env }) }
}

const blobs = ({ names }: { readonly names: readonly string[] }) =>
  names.filter((name) => name.startsWith('blobs/'))

describe('what goes to the engine', () => {
  test('only what it lacks, and bytesSent counts exactly that', async () => {
    const { engine, loads } = await withFake()
    const below = [randomLayer(2 * mebibyte, { title: 'assets' }), randomLayer(mebibyte, { gzip: true })]
    await loadIntoEngine(imageOf([...below, randomLayer(10)]), ['demo:1'], { engine })
    const second = await loadIntoEngine(imageOf([...below, randomLayer(20)]), ['demo:2'], { engine })
    expect(loads.map((load) => load.bytes)).toEqual([expect.any(Number), second.bytesSent])
    expect(second.bytesSent).toBeLessThan(10_000)
    // Its config and its one new layer.
    expect(blobs(loads[1] ?? { names: [] })).toHaveLength(2)
  })

  test.each([['docker'], ['containerd'], ['podman']] as const)(
    'as many bytes as a plan says, to %s: for all of it, a part, and nothing',
    async (kind) => {
      const { engine, loads } = await withFake({ [kind]: true })
      const below = randomLayer(2 * mebibyte, { title: 'assets' })
      const [first, second] = [imageOf([below, randomLayer(10)]), imageOf([below, randomLayer(513)])]
      for (const image of [first, second, second]) {
        const names = ['demo', 'localhost:5000/demo:2']
        const { bytes } = await planLoad(image, names, { engine })
        const sentBefore = loads.reduce((sum, load) => sum + load.bytes, 0)
        expect((await loadIntoEngine(image, names, { engine })).bytesSent).toBe(bytes)
        expect(loads.reduce((sum, load) => sum + load.bytes, 0) - sentBefore).toBe(bytes)
      }
    },
  )

  test('nothing but a tag, where it has the image', async () => {
    const { engine, loads, images } = await withFake()
    const image = randomImage()
    await loadIntoEngine(image, ['demo'], { engine })
    const receipt = await loadIntoEngine(image, ['localhost:5000/other:2'], { engine })
    expect(receipt).toEqual({
      reference: 'localhost:5000/other:2',
      digest: image.manifest.digest,
      bytesSent: 0,
    })
    expect(loads).toHaveLength(1)
    expect([...images.keys()]).toContain('localhost:5000/other:2')
  })

  test('a layer above one that changed goes again: an engine knows it by what lies below', async () => {
    const { engine, loads } = await withFake()
    const top = randomLayer(2 * mebibyte)
    await loadIntoEngine(imageOf([randomLayer(10), top]), ['demo'], { engine })
    await loadIntoEngine(imageOf([randomLayer(20), top]), ['demo'], { engine })
    expect(loads[1]?.bytes).toBeGreaterThan(2 * mebibyte)
  })

  test.each([
    ['a containerd store', { containerd: true }, 1],
    ['Podman', { podman: true }, 1],
    ['an engine that refuses a part', { wantsAll: true }, 2],
  ])('%s gets the whole', async (_, personality, sendings) => {
    const { engine, loads } = await withFake(personality)
    const shared = randomLayer(2 * mebibyte)
    await loadIntoEngine(imageOf([shared, randomLayer(10)]), ['demo'], { engine })
    await loadIntoEngine(imageOf([shared, randomLayer(20)]), ['demo'], { engine })
    expect(loads).toHaveLength(1 + sendings)
    expect(loads.at(-1)?.names).toContain('index.json')
    expect(loads.at(-1)?.bytes).toBeGreaterThan(2 * mebibyte)
  })

  test('every layer is a step: sent with its bytes, or there already', async () => {
    const { engine } = await withFake()
    const shared = randomLayer(2 * mebibyte, { title: 'assets' })
    await loadIntoEngine(imageOf([shared, randomLayer(10)]), ['demo'], { engine })
    const events: ProgressEvent[] = []
    const code = randomLayer(3000)
    await loadIntoEngine(imageOf([shared, code]), ['demo'], {
      engine,
      progress: (event) => events.push(event),
    })
    const titles = events.flatMap((event) => (event.type === 'step' ? event.title : []))
    expect(titles).toEqual([
      `assets ${shared.digest.slice(0, 19)}`,
      `component ${code.digest.slice(0, 19)}`,
      'unpacking in the engine',
    ])
    expect(events.filter((event) => event.type === 'done' && event.note === 'exists')).toHaveLength(1)
    const moved = events.reduce((sum, event) => sum + (event.type === 'bytes' ? event.count : 0), 0)
    expect(moved).toBe(code.size)
    expect(events.filter(({ type }) => type === 'done')).toHaveLength(3)
  })
})

describe('what goes wrong', () => {
  test.each<[string, EnginePersonality, object]>([
    [
      'an error in the stream of a 200',
      { loadError: 'invalid diffID' },
      { code: 'UNAVAILABLE', message: expect.stringContaining('invalid diffID') },
    ],
    ['a full disk', { loadError: 'write /blob: no space left on device' }, { code: 'DISK_FULL' }],
    [
      'an engine that stops',
      { breaksAfter: 300_000 },
      { code: 'UNAVAILABLE', message: expect.stringContaining('broke off') },
    ],
    [
      'another image than ours',
      { alters: true },
      { code: 'UNAVAILABLE', message: expect.stringContaining('000000') },
    ],
  ])('%s is a failure', async (_, personality, expected) => {
    const { engine } = await withFake(personality)
    const image = imageOf([randomLayer(4 * mebibyte)])
    await expect(loadIntoEngine(image, ['demo'], { engine })).rejects.toMatchObject(expected)
  })

  test('a source that changed while it was sent is named', async () => {
    const { engine } = await withFake()
    const layer = randomLayer(1000)
    const other = { ...layer, open: randomLayer(1000).open }
    await expect(loadIntoEngine(imageOf([other]), ['demo'], { engine })).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: expect.stringContaining(layer.digest),
    })
  })

  test('an abort ends it with its own reason', async () => {
    const { engine } = await withFake()
    const stop = new AbortController()
    const layer = randomLayer(8 * mebibyte)
    async function* open() {
      for await (const chunk of layer.open()) {
        yield chunk
        stop.abort(new Error('enough'))
      }
    }
    const load = loadIntoEngine(imageOf([{ ...layer, open }]), ['demo'], { engine, signal: stop.signal })
    await expect(load).rejects.toThrow('enough')
  })

  test('a name that is none is refused before anything is sent', async () => {
    const { engine, loads } = await withFake()
    await expect(loadIntoEngine(randomImage(), ['Demo'], { engine })).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
    })
    expect(loads).toEqual([])
  })
})

describe.skipIf(!hasEngine('loading into the real engine'))('the real engine', () => {
  test('takes an image under our ID and all its names', async () => {
    const name = imageName()
    const image = randomImage({ sizes: [3 * mebibyte, 5000, 100] })
    await loadIntoEngine(image, [`${name}:1`, `${name}:2`], { engine: await realEngine() })
    expect(docker('images', '--quiet', '--no-trunc', name).split('\n')).toEqual([
      image.config.digest,
      image.config.digest,
    ])
  })

  test('takes a part, and has the whole', async () => {
    const name = imageName()
    const engine = await realEngine()
    const below = [randomLayer(3 * mebibyte), randomLayer(2 * mebibyte, { gzip: true })]
    await loadIntoEngine(imageOf([...below, randomLayer(10)]), [`${name}:1`], { engine })
    const image = imageOf([...below, randomLayer(20)])
    const { bytesSent } = await loadIntoEngine(image, [`${name}:2`], { engine })
    expect(bytesSent).toBeLessThan(10_000)
    const layers = JSON.parse(docker('inspect', '--format', '{{json .RootFS.Layers}}', `${name}:2`))
    expect(layers).toEqual(image.layers.map(({ diffId }) => diffId))
  })

  test('that is lost in the middle of a load is a failure, has no image, and takes it whole the next time', async () => {
    const engine = await realEngine()
    const name = imageName()
    const image = imageOf([randomLayer(4 * mebibyte), randomLayer(100)])
    const cut = await openEngine({ env: { DOCKER_HOST: await cutAfter(engine, 2 * mebibyte) } })
    await expect(loadIntoEngine(image, [`${name}:1`], { engine: cut })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('broke off'),
    })
    expect(docker('images', '--quiet', name)).toBe('')
    await loadIntoEngine(image, [`${name}:1`], { engine })
    expect(docker('images', '--quiet', '--no-trunc', name)).toBe(image.config.digest)
  })

  test('says what is wrong with layers that are not what the config says', async () => {
    const engine = await realEngine()
    const image = imageOf([randomLayer(100)])
    const wrong = { ...image, layers: [randomLayer(200)] }
    await expect(loadIntoEngine(wrong, [imageName()], { engine })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
  })
})

test('a container of an engine behind ssh is not started: nobody could ask it', async () => {
  const { engine } = await withFake()
  const far = { ...engine, address: 'ssh://me@far' }
  const options = { engine: far, readyPath: '/readyz', signal: new AbortController().signal }
  await expect(startContainer('demo:1', options)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('ssh://me@far'),
  })
})

/** An address of the engine at which a connection breaks once so many bytes have gone to it. */
async function cutAfter({ address }: { readonly address: string }, most: number): Promise<string> {
  const { hostname, port, pathname, protocol } = new URL(address)
  const server = createServer((near) => {
    const far = protocol === 'unix:' ? connect(pathname) : connect(Number(port), hostname)
    let bytes = 0
    near.on('data', (chunk) => {
      bytes += chunk.length
      if (bytes > most) near.destroy()
    })
    pipeline(near, far, near, () => {})
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  onTestFinished(() => void server.close())
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
}
