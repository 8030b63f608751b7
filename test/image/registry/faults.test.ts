import { describe, expect, test } from 'vitest'
import { pullImage, pushImage } from '../../../src/image/index.ts'
import type { Fault } from '../../helpers/registry/fault.ts'
import { bytesOf, digestOf, imageOf, randomImage, randomLayer } from '../../helpers/registry/images.ts'
import { scratch } from '../../helpers/registry/scratch.ts'
import { withRegistry } from '../../helpers/registry/with.ts'

const MiB = 2 ** 20
const uploads = /\/blobs\/uploads\//

/** Each happens once or a few times, at any step of a push; the push gets through all the same. */
const passing: readonly (readonly [string, Fault])[] = [
  ['a 500 to HEAD', { method: 'HEAD', path: /blobs/, status: 500 }],
  ['a 503 to POST, twice', { method: 'POST', path: uploads, status: 503, times: 2 }],
  ['a 502 in HTML to PUT', { method: 'PUT', path: uploads, status: 502, body: '<html>' }],
  [
    'a 429 with a time to wait',
    { method: 'POST', path: uploads, status: 429, headers: { 'retry-after': '3' } },
  ],
  ['a reset after no byte of a PUT', { method: 'PUT', path: uploads, resetAfter: 0 }],
  ['a reset in the middle of a PUT', { method: 'PUT', path: uploads, resetAfter: 12_345 }],
  ['a reset in the middle of a manifest', { method: 'PUT', path: /manifests/, resetAfter: 0 }],
  ['a 500 to the manifest', { method: 'PUT', path: /manifests/, status: 500 }],
  ['an upload that ends well and is answered 504', { method: 'PUT', path: uploads, statusAfter: 504 }],
  [
    'an upload that the registry forgets',
    { method: 'PUT', path: uploads, status: 404, body: '{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}' },
  ],
  [
    'bytes that arrive damaged',
    { method: 'PUT', path: uploads, status: 400, body: '{"errors":[{"code":"DIGEST_INVALID"}]}' },
  ],
  ['slow answers', { method: 'PUT', path: uploads, delay: 100, times: 3 }],
]

describe('a push survives', () => {
  test.each(passing)('%s', async (_, fault) => {
    const { memory, at, options } = await withRegistry({ isResumable: true })
    memory.faults.push({ ...fault })
    const image = randomImage()
    const { digest } = await pushImage(image, at('me/app:v1'), options)
    expect(memory.repository('me/app').tags.get('v1')).toBe(digest)
    expect(memory.violations).toEqual([])
    await expectPulled(at('me/app:v1'), image)
  })

  test('a connection that breaks again and again, at other bytes each time', async () => {
    const { memory, at, options } = await withRegistry({ isResumable: true, longestChunk: MiB / 2 })
    const image = imageOf([randomLayer(3 * MiB)])
    for (let n = 1; n <= 8; n++)
      memory.faults.push({ method: 'PATCH', path: uploads, resetAfter: n * 54_321 })
    memory.faults.push({ method: 'GET', path: uploads, status: 500 })
    await pushImage(image, at('me/app:v1'), { ...options, tags: [] })
    await expectPulled(at('me/app:v1'), image)
  })

  test('tokens that end in the middle of an upload', async () => {
    const { memory, at, options } = await withRegistry({
      auth: 'bearer',
      tokenUses: 2,
      longestChunk: MiB / 4,
    })
    const image = imageOf([randomLayer(2 * MiB)])
    await pushImage(image, at('me/app:v1'), options)
    expect(memory.tokens.asked()).toBeGreaterThan(4)
    expect(digestOf(memory.blobs.get(image.layers[0]?.digest ?? '') ?? Buffer.alloc(0))).toBe(
      image.layers[0]?.digest,
    )
  })

  test('a mount that fails for a reason of the registry, without waiting', async () => {
    const { memory, at, options, clock } = await withRegistry()
    const image = randomImage()
    await pushImage(image, at('me/app:v1'), options)
    memory.faults.push({
      method: 'POST',
      path: /second\/blobs\/uploads/,
      status: 500,
      times: image.layers.length + 1,
    })
    await pushImage(image, at('me/second:v1'), options)
    expect(clock.waits).toEqual([])
    await expectPulled(at('me/second:v1'), image)
  })

  test.each([
    [400, 'MANIFEST_INVALID'],
    [404, 'NAME_UNKNOWN'],
  ])('a registry that threw away what it had, and only says %i %s', async (status, code) => {
    const { memory, at, options } = await withRegistry()
    const image = randomImage()
    await pushImage(image, at('me/app:v1'), options)
    memory.repository('me/app').blobs.clear()
    const body = JSON.stringify({ errors: [{ code }] })
    memory.faults.push({ method: 'PUT', path: /manifests/, status, body })
    await pushImage(image, at('me/app:v2'), options)
    await expectPulled(at('me/app:v2'), image)
  })

  test('a registry that threw away what it had', async () => {
    const { memory, at, options } = await withRegistry()
    const image = randomImage()
    await pushImage(image, at('me/app:v1'), options)
    memory.repository('me/app').blobs.clear()
    memory.repository('me/app').tags.clear()
    const { digest } = await pushImage(image, at('me/app:v2'), options)
    expect(memory.repository('me/app').tags.get('v2')).toBe(digest)
    expect(memory.repository('me/app').blobs).toEqual(
      new Set([...image.layers, image.config].map((one) => one.digest)),
    )
  })
})

describe('a pull survives', () => {
  test.each<readonly [string, Fault]>([
    ['a 500 to HEAD', { method: 'HEAD', path: /manifests/, status: 500 }],
    ['a 429 to GET', { method: 'GET', path: /manifests/, status: 429 }],
    ['a reset in the middle of a blob', { method: 'GET', path: /blobs/, resetAfter: 1000, times: 4 }],
    ['a 503 to a blob', { method: 'GET', path: /blobs/, status: 503 }],
  ])('%s', async (_, fault) => {
    const { memory, at, options } = await withRegistry()
    const image = randomImage()
    await pushImage(image, at('me/app:v1'), options)
    memory.faults.push({ ...fault })
    await expectPulled(at('me/app:v1'), image, options)
  })

  test('a blob that breaks off is not downloaded twice, but from where it was', async () => {
    const { memory, at, options } = await withRegistry()
    const image = imageOf([randomLayer(MiB)])
    await pushImage(image, at('me/app:v1'), options)
    memory.faults.push({
      method: 'GET',
      path: new RegExp(image.layers[0]?.digest ?? ''),
      resetAfter: MiB / 2,
    })
    memory.requests.length = 0
    await expectPulled(at('me/app:v1'), image)
    const ranges = memory.requests.flatMap(({ headers }) => headers.range ?? [])
    expect(ranges).toEqual([expect.stringMatching(/^bytes=[1-9]\d{4,}-/)])
  })
})

describe('wrong bytes', () => {
  test('of a layer are an error, are not cached, and are right the next time', async () => {
    const { memory, at, options } = await withRegistry()
    const image = randomImage()
    await pushImage(image, at('me/app:v1'), options)
    const cacheDirectory = scratch()
    const digest = image.layers[0]?.digest ?? ''
    memory.faults.push({ method: 'GET', path: new RegExp(digest), alters: true })
    const pulled = await pullImage(at('me/app:v1'), { ...options, cacheDirectory })
    const [layer] = pulled.layers
    if (!layer) throw new Error('no layer')
    await expect(bytesOf(layer)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(digest),
    })
    expect(digestOf(await bytesOf(layer))).toBe(digest)
  })

  test.each(['manifest', 'config'] as const)('of the %s are an error', async (what) => {
    const { memory, at, options } = await withRegistry()
    const image = randomImage()
    await pushImage(image, at('me/app:v1'), options)
    memory.faults.push({ method: 'GET', path: new RegExp(image[what].digest), alters: true })
    await expect(pullImage(at('me/app:v1'), { ...options, cacheDirectory: scratch() })).rejects.toMatchObject(
      {
        code: 'UNAVAILABLE',
        message: expect.stringContaining(image[what].digest),
      },
    )
  })

  test.each([
    ['other bytes', (bytes: Buffer) => Buffer.from(bytes).fill(7, 100, 200), /bytes are now sha256:/],
    ['fewer bytes', (bytes: Buffer) => bytes.subarray(1), /ends after/],
    ['more bytes', (bytes: Buffer) => Buffer.concat([bytes, bytes]), /more than/],
  ])('of a source (%s) never become a blob of the registry', async (_, change, message) => {
    const { memory, at, options } = await withRegistry()
    const [layer] = randomImage().layers
    if (!layer) throw new Error('no layer')
    const bytes = change(await bytesOf(layer))
    const image = imageOf([
      {
        ...layer,
        async *open({ start = 0 } = {}) {
          yield bytes.subarray(start)
        },
      },
    ])
    await expect(pushImage(image, at('me/app:v1'), options)).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: expect.stringMatching(message),
    })
    expect(memory.blobs.has(layer.digest)).toBe(false)
    expect(memory.repository('me/app').tags.size).toBe(0)
  })

  test('of a cached layer are found when it is read, and the file goes', async () => {
    const { at, options, cacheDirectory } = await withRegistry()
    const image = randomImage()
    await pushImage(image, at('me/app:v1'), options)
    const [layer] = (await pullImage(at('me/app:v1'), options)).layers
    if (!layer) throw new Error('no layer')
    await bytesOf(layer)
    const { open } = await import('node:fs/promises')
    const file = await open(`${cacheDirectory}/blobs/${layer.digest.replace(':', '/')}`, 'r+')
    await file.write('damage', 500)
    await file.close()
    await expect(bytesOf(layer)).rejects.toMatchObject({ code: 'UNAVAILABLE', message: /damaged/ })
    expect(digestOf(await bytesOf(layer))).toBe(layer.digest)
  })
})

test.each([
  ['none', {}],
  ['no URL', { location: 'http://' }],
])('an upload that begins with a Location that is %s is an error in words', async (_, headers) => {
  const { memory, at, options } = await withRegistry()
  memory.faults.push({ method: 'POST', path: uploads, status: 202, headers, times: 9 })
  await expect(pushImage(randomImage(), at('me/app:v1'), options)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('Location'),
  })
})

test('a refusal without words of its own still says what to do', async () => {
  const { memory, at, options } = await withRegistry()
  memory.faults.push({ method: 'PUT', path: /manifests/, status: 415, times: 9 })
  await expect(pushImage(randomImage(), at('me/app:v1'), options)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/storing the manifest as v1 \(registry .*, repository me\/app\) failed/),
    hint: expect.stringContaining('format of OCI'),
  })
})

describe('whatever fails at whatever moment', () => {
  test('no tag moves before all that it names is there', async () => {
    const { memory, at, options } = await withRegistry({ isCareless: true })
    const before = randomImage()
    await pushImage(before, at('me/app:v1'), options)
    const total = await requestsOf(before)
    for (let nth = 0; nth < total; nth++) {
      const seen = memory.requests.length
      let left = nth
      const isIt = { test: () => left-- === 0 } as unknown as RegExp
      for (const method of ['HEAD', 'POST', 'PUT']) {
        memory.faults.push({ method, path: isIt, status: 403, body: 'no' })
      }
      const image = randomImage()
      const pushed = await pushImage(image, at('me/app:v1'), options).then(
        () => true,
        () => false,
      )
      const tagged = memory.repository('me/app').tags.get('v1')
      if (tagged === image.manifest.digest) {
        for (const { digest } of [...image.layers, image.config])
          expect(memory.repository('me/app').blobs.has(digest)).toBe(true)
      } else expect(pushed).toBe(false)
      expect(memory.requests.length).toBeGreaterThan(seen)
      memory.faults.length = 0
    }
    expect(memory.violations).toEqual([])
  })
})

async function requestsOf(image: ReturnType<typeof randomImage>): Promise<number> {
  const { memory, at, options } = await withRegistry()
  await pushImage(image, at('me/app:v1'), options)
  return memory.requests.length
}

async function expectPulled(
  from: string,
  image: ReturnType<typeof randomImage>,
  options = {},
): Promise<void> {
  const pulled = await pullImage(from, { ...options, cacheDirectory: scratch() })
  expect(pulled.manifest.digest).toBe(image.manifest.digest)
  for (const layer of pulled.layers) expect(digestOf(await bytesOf(layer))).toBe(layer.digest)
}
