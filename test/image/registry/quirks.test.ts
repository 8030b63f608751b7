import { describe, expect, onTestFinished, test } from 'vitest'
import { pushImage } from '../../../src/image/index.ts'
import { quirksOf } from '../../../src/image/registry/quirks.ts'
import { imageOf, layerOf, randomImage, randomLayer, tarOf } from '../../helpers/registry/images.ts'
import { scratch } from '../../helpers/registry/scratch.ts'
import { publicTarget } from '../../helpers/registry/targets.ts'
import { methods, withRegistry } from '../../helpers/registry/with.ts'

const MiB = 2 ** 20

describe('the table knows a registry by its host', () => {
  test.each([
    ['docker.io', 'Docker Hub'],
    ['ghcr.io', 'GitHub'],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'Amazon ECR'],
    ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', 'Amazon ECR'],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'Amazon ECR'],
    ['123456789012.dkr-ecr.eu-west-1.on.aws', 'Amazon ECR'],
    ['public.ecr.aws', 'Amazon ECR'],
    ['gcr.io', 'Google'],
    ['eu.gcr.io', 'Google'],
    ['europe-west1-docker.pkg.dev', 'Google'],
    ['quay.io', 'Quay'],
    ['me.jfrog.io', 'Artifactory'],
    ['localhost:5000', 'registry'],
    ['notgcr.io', 'registry'],
    ['ghcr.io.example.com', 'registry'],
  ])('%s: %s', (host, name) => expect(quirksOf(host).name).toBe(name))
})

describe('GitHub', () => {
  test('gets a large blob in one PUT, for a PATCH of more than 4 MiB is refused', async () => {
    const { memory, options, close } = await publicTarget('ghcr.io', {
      name: 'GitHub',
      longestPatch: 4 * MiB,
    })
    onTestFinished(close)
    await pushImage(imageOf([randomLayer(5 * MiB)]), 'ghcr.io/me/app:v1', options)
    expect(memory?.requests.filter(({ method }) => method === 'PATCH')).toEqual([])
  })
})

describe('a proxy that takes no more than 100 MB', () => {
  test('gets a large blob in chunks, and in smaller ones after a refusal, each byte once', async () => {
    const { memory, at, options } = await withRegistry({ longestBody: 100 * MiB, isResumable: true })
    const zeros = layerOf(tarOf('zeros', Buffer.alloc(140 * MiB)), { chunk: 4 * MiB })
    await pushImage(imageOf([zeros]), at('me/app:v1'), options)
    const chunks = memory.requests.filter(({ method }) => method === 'PATCH')
    expect(chunks.map(({ status }) => status)).toEqual([202, 413, 202, 202])
    expect(chunks.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(zeros.size)
  })
})

describe('what a registry refuses is learned', () => {
  test('a body that is too large: smaller chunks, and no larger ones after', async () => {
    const { memory, at, options } = await withRegistry({ longestBody: MiB })
    await pushImage(imageOf([randomLayer(3 * MiB)]), at('me/app:v1'), { ...options, connections: 1 })
    const refused = memory.requests.filter(({ status }) => status === 413).length
    expect(refused).toBeLessThanOrEqual(3)
    const taken = memory.requests.filter(({ method, status }) => method === 'PATCH' && status === 202)
    expect(taken.every(({ bytes }) => bytes <= MiB)).toBe(true)
  })

  test('PUT with bytes: one blob pays for it, not each', async () => {
    const { memory, at, options } = await withRegistry({ isPatchOnly: true })
    const layers = [1, 2, 3, 4, 5].map(() => randomLayer(1000))
    await pushImage(imageOf(layers), at('me/app:v1'), { ...options, connections: 1 })
    expect(memory.requests.filter(({ status }) => status === 400).length).toBe(1)
  })

  test('a Range that does not move: it is not believed', async () => {
    const { memory, at, options } = await withRegistry({ hasStuckRange: true, longestChunk: MiB / 2 })
    await pushImage(imageOf([randomLayer(2 * MiB)]), at('me/app:v1'), options)
    expect(memory.requests.filter(({ method, status }) => method === 'PATCH' && status === 201).length).toBe(
      5,
    )
  })

  test('chunks longer than the registry asks for are not sent', async () => {
    const { memory, at, options } = await withRegistry({ longestChunk: MiB / 2 })
    await pushImage(imageOf([randomLayer(2 * MiB)]), at('me/app:v1'), options)
    expect(methods(memory).filter((method) => method === 'PATCH').length).toBe(5)
    expect(memory.requests.every(({ bytes }) => bytes <= MiB / 2)).toBe(true)
  })
})

test('a repository that must be made first is an error that says how', async () => {
  const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'
  const { options, close } = await publicTarget(host, { name: 'Amazon ECR', repositories: ['other'] })
  onTestFinished(close)
  await expect(
    pushImage(randomImage(), `${host}/me/app:v1`, { ...options, cacheDirectory: scratch() }),
  ).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining(`registry ${host}, repository me/app`),
    hint: expect.stringContaining('aws ecr create-repository'),
  })
})

describe('a 403 to "is this tag there?", with noClobber', () => {
  test('is no answer where the login may push and not pull: nothing is sent, and no tag moves', async () => {
    const personality = { auth: 'basic', isPushOnly: true } as const
    const { memory, at, options } = await withRegistry(personality)
    const image = randomImage()
    await pushImage(image, at('me/app:v1'), options)
    memory.requests.length = 0
    const pushed = pushImage(randomImage(), at('me/app:v1'), { ...options, noClobber: true })
    await expect(pushed).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining(`cannot tell whether ${at('me/app:v1')} exists`),
      hint: expect.stringContaining('may pull'),
    })
    expect(new Set(methods(memory))).toEqual(new Set(['HEAD', 'GET']))
    expect(memory.repository('me/app').tags.get('v1')).toBe(image.manifest.digest)
  })

  test('is decided by the list of tags, to its last page, where that may be read', async () => {
    const { memory, at, options } = await withRegistry({ hides: true, tagsOfPage: 1 })
    const image = randomImage()
    await pushImage(image, at('me/app:v1'), { ...options, tags: ['v2', 'v3'] })
    await pushImage(image, at('me/app:v4'), { ...options, noClobber: true })
    expect(memory.repository('me/app').tags.get('v4')).toBe(image.manifest.digest)
    // From here on, HEAD hides v4 itself.
    memory.faults.push({ method: 'HEAD', path: /manifests/, status: 403, times: 9 })
    const pushed = pushImage(randomImage(), at('me/app:v4'), { ...options, noClobber: true })
    await expect(pushed).rejects.toMatchObject({ code: 'DENIED' })
    expect(memory.repository('me/app').tags.get('v4')).toBe(image.manifest.digest)
  })
})
