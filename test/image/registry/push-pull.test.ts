import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyImage, type Image, planPush, pullImage, pushImage } from '../../../src/image/index.ts'
import {
  bytesOf,
  digestOf,
  imageOf,
  indexOf,
  randomImage,
  randomLayer,
  totalSize,
} from '../../helpers/registry/images.ts'
import { scratch } from '../../helpers/registry/scratch.ts'
import { allTargets, type Target } from '../../helpers/registry/targets.ts'

// One suite for every registry: what a push means must not depend on where it goes.
describe.each(allTargets())('$name', ({ start }) => {
  let target: Target
  let cacheDirectory: string
  const weights = randomLayer(1_200_000, { title: 'assets' })
  const first = imageOf([weights, randomLayer(3000, { gzip: true })])
  const changed = imageOf([weights, randomLayer(3000, { gzip: true })])
  const at = (path: string) => `${target.host}/${path}`
  const options = () => ({ ...target.options, cacheDirectory })

  beforeAll(async () => {
    target = await start()
    cacheDirectory = scratch()
  })
  afterAll(() => target.close())

  test('a first push sends each byte once, as the dry run said', async () => {
    const plan = await planPush(first, at('me/app:v1'), options())
    expect(plan.tags).toEqual([{ name: 'v1', change: 'create' }])
    expect(plan.bytes).toBe(totalSize(first))
    const { digest, bytesSent, reference } = await pushImage(first, at('me/app:v1'), options())
    expect({ digest, reference }).toEqual({
      digest: first.manifest.digest,
      reference: at(`me/app@${first.manifest.digest}`),
    })
    expectSent(target, bytesSent, plan.bytes)
  })

  test('what was pushed is pulled, byte for byte, into an empty cache', async () => {
    const fresh = scratch()
    const image = await pullImage(at('me/app:v1'), { ...target.options, cacheDirectory: fresh })
    await expectSame(image, first)
    expect(image.layers.map(({ origin }) => origin)).toEqual(
      first.layers.map(() => ({ registry: target.host, repository: 'me/app' })),
    )
    const offline = await pullImage(at('me/app:v1'), {
      ...target.options,
      cacheDirectory: fresh,
      offline: true,
    })
    await expectSame(offline, first)
  })

  test('an unchanged push sends no byte', async () => {
    expect(await planPush(first, at('me/app:v1'), options())).toMatchObject({ bytes: 0 })
    const { bytesSent, digest } = await pushImage(first, at('me/app:v1'), options())
    expect({ bytesSent, digest }).toEqual({ bytesSent: 0, digest: first.manifest.digest })
  })

  test('a changed layer sends that layer, the config and the manifest, as the dry run said', async () => {
    const plan = await planPush(changed, at('me/app:v1'), options())
    expect(plan.blobs.map(({ delivery }) => delivery)).toEqual(['cached', 'sent', 'sent'])
    expect(plan.tags).toEqual([{ name: 'v1', change: 'move', from: first.manifest.digest }])
    expect(plan.bytes).toBe(totalSize(changed) - weights.size)
    const { bytesSent } = await pushImage(changed, at('me/app:v1'), options())
    expectSent(target, bytesSent, plan.bytes)
  })

  test('a push from a machine that knows nothing asks first, and sends only what is missing', async () => {
    const again = imageOf([weights, randomLayer(2000)])
    const cold = { ...target.options, cacheDirectory: scratch() }
    const { bytesSent } = await pushImage(again, at('me/app:cold'), cold)
    expectSent(target, bytesSent, totalSize(again) - weights.size)
  })

  test('a push to a second repository of the registry mounts every layer', async () => {
    const plan = await planPush(changed, at('me/second:v1'), options())
    const { bytesSent } = await pushImage(changed, at('me/second:v1'), options())
    if (!target.mounts) return expect(bytesSent).toBe(totalSize(changed))
    expect(plan.bytes).toBe(changed.manifest.size)
    expect(bytesSent).toBe(changed.manifest.size)
  })

  test('an image that was pulled is pushed beside it without downloading its layers', async () => {
    const fresh = scratch()
    const base = await pullImage(at('me/app:v1'), { ...target.options, cacheDirectory: fresh })
    const derived = imageOf([...base.layers, randomLayer(1000)])
    const { bytesSent } = await pushImage(derived, at('me/derived:v1'), {
      ...target.options,
      cacheDirectory: fresh,
    })
    if (target.mounts)
      expectSent(target, bytesSent, totalSize(derived) - weights.size - (base.layers[1]?.size ?? 0))
  })

  test('an index is pushed with shared layers once, and each platform is pulled from it', async () => {
    const images = [
      imageOf([weights, randomLayer(500)]),
      imageOf([weights, randomLayer(500)], {
        platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
      }),
    ]
    const index = indexOf(images)
    const { digest } = await pushImage(index, at('me/app:multi'), options())
    expect(digest).toBe(index.index.digest)
    const platform = { os: 'linux', architecture: 'arm64' }
    const pulled = await pullImage(at('me/app:multi'), { ...options(), platform })
    expect(pulled.manifest.digest).toBe(images[1]?.manifest.digest)
    await expect(
      pullImage(at('me/app:multi'), { ...options(), platform: { os: 'linux', architecture: 's390x' } }),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE', hint: 'it has linux/amd64, linux/arm64/v8' })
  })

  test('an index is copied whole, to another repository', async () => {
    const { digest } = await copyImage(at('me/app:multi'), at('me/copy:multi'), options())
    const platform = { os: 'linux', architecture: 'amd64' }
    const [one, two] = await Promise.all(
      ['me/app:multi', 'me/copy:multi'].map((path) => pullImage(at(path), { ...options(), platform })),
    )
    expect(digest).toMatch(/^sha256:/)
    expect(two?.manifest.digest).toBe(one?.manifest.digest)
  })

  test('several tags are one push', async () => {
    const image = randomImage({ sizes: [800] })
    await pushImage(image, at('me/app:a'), { ...options(), tags: ['b', 'c'] })
    for (const tag of ['a', 'b', 'c']) {
      expect((await pullImage(at(`me/app:${tag}`), options())).manifest.digest).toBe(image.manifest.digest)
    }
  })

  test('with noClobber a tag that is something else stays what it is', async () => {
    const image = randomImage({ sizes: [700] })
    await expect(pushImage(image, at('me/app:v1'), { ...options(), noClobber: true })).rejects.toMatchObject({
      code: 'DESTINATION_NOT_EMPTY',
      message: `${at('me/app:v1')} exists, and is ${changed.manifest.digest}`,
    })
    await pushImage(changed, at('me/app:v1'), { ...options(), noClobber: true })
    await pushImage(image, at('me/app:new'), { ...options(), noClobber: true })
    expect((await pullImage(at('me/app:v1'), options())).manifest.digest).toBe(changed.manifest.digest)
  })

  test('what is not there is an error that says where and what', async () => {
    await expect(pullImage(at('me/nothing:v1'), options())).rejects.toMatchObject({
      code: expect.stringMatching(/^(UNAVAILABLE|DENIED)$/),
      message: expect.stringContaining('me/nothing'),
    })
  })

  test('no manifest ever came before what it names', () => {
    expect(target.memory?.violations ?? []).toEqual([])
  })
})

/** Exact, but for what went out before a registry refused to take it in that way. */
function expectSent({ memory }: Target, sent: number, planned: number): void {
  const isRefused = memory?.requests.some(({ status }) => [400, 405, 413, 416].includes(status))
  if (isRefused) expect(sent).toBeGreaterThanOrEqual(planned)
  else expect(sent).toBe(planned)
}

async function expectSame(image: Image, wanted: Image): Promise<void> {
  expect(image.platform).toEqual(wanted.platform)
  expect(Buffer.from(image.manifest.bytes).equals(wanted.manifest.bytes)).toBe(true)
  expect(Buffer.from(image.config.bytes).equals(wanted.config.bytes)).toBe(true)
  for (const [index, layer] of image.layers.entries()) {
    const original = wanted.layers[index]
    expect(layer.diffId).toBe(original?.diffId)
    const bytes = await bytesOf(layer)
    expect(digestOf(bytes)).toBe(original?.digest)
    expect((await bytesOf(layer, { start: 100 })).equals(bytes.subarray(100))).toBe(true)
  }
}
