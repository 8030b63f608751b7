import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { copyImage, pullImage, pushImage } from '../../../src/image/index.ts'
import { parseChallenge } from '../../../src/image/registry/challenge.ts'
import type { ProgressEvent } from '../../../src/progress.ts'
import { failure, type Seen } from '../../helpers/registry/fault.ts'
import { imageOf, randomImage, randomLayer } from '../../helpers/registry/images.ts'
import { scratch } from '../../helpers/registry/scratch.ts'
import { methods, withRegistry } from '../../helpers/registry/with.ts'

describe('a challenge', () => {
  test.each([
    ['Basic realm="x"', { scheme: 'basic' }],
    ['basic', { scheme: 'basic' }],
    [
      'Bearer realm="https://a.b/t",service="s",scope="repository:x:pull,push"',
      bearer('https://a.b/t', 's', 'repository:x:pull,push'),
    ],
    ['bearer realm="https://a.b/t"', bearer('https://a.b/t', undefined, '')],
    ['Basic realm="a, b", Bearer realm="https://a.b/t",service="s"', bearer('https://a.b/t', 's', '')],
    ['Negotiate, Bearer realm=https://a.b/t, service="a \\"b\\""', bearer('https://a.b/t', 'a "b"', '')],
    ['Bearer realm="not a url"', undefined],
    ['Negotiate', undefined],
    [undefined, undefined],
  ])('%s', (header, challenge) => {
    expect(parseChallenge(header)).toEqual(challenge)
  })
})

describe('tokens', () => {
  test('one is asked for, for all that a push needs, and pull,push from the start', async () => {
    const { memory, at, options } = await withRegistry({ auth: 'bearer' })
    await pushImage(randomImage(), at('me/app:v1'), options)
    expect(memory.tokens.granted()).toEqual([['repository:me/app:pull,push']])
  })

  test('one covers the repository that blobs are mounted from', async () => {
    const { memory, at, options } = await withRegistry({ auth: 'bearer' })
    const image = randomImage()
    await pushImage(image, at('me/app:v1'), options)
    await pushImage(image, at('me/second:v1'), options)
    expect(memory.tokens.granted()[1]).toEqual(['repository:me/second:pull,push', 'repository:me/app:pull'])
  })

  test('that are refused for both repositories are asked for the one that is needed', async () => {
    const { memory, at, options } = await withRegistry({ auth: 'bearer', forbids: 'me/secret' })
    const origin = { registry: at('').slice(0, -1), repository: 'me/secret' }
    const layers = randomImage().layers.map((layer) => ({ ...layer, origin }))
    const { digest } = await pushImage(imageOf(layers), at('me/app:v1'), options)
    expect(memory.repository('me/app').tags.get('v1')).toBe(digest)
    expect(memory.tokens.granted()).toEqual([['repository:me/app:pull,push']])
    expect(memory.tokens.asked()).toBe(2)
  })

  test('of 60 seconds are renewed before they end, without a 401', async () => {
    const { memory, at, options, clock } = await withRegistry({ auth: 'bearer', tokenLife: 60 })
    memory.tokens.useClock(clock.now)
    await pushImage(randomImage(), at('me/app:warm'), options)
    memory.requests.length = 0
    const layer = randomLayer(1000)
    const slow = {
      ...layer,
      async *open(range = {}) {
        clock.advance(50_000)
        yield* layer.open(range)
      },
    }
    await pushImage(imageOf([slow]), at('me/app:v1'), options)
    expect(memory.requests.filter(({ status }) => status === 401)).toEqual([])
    expect(memory.requests.filter(({ path }) => path === '/token').length).toBe(2)
  })

  test('for parallel requests are fetched once', async () => {
    const { memory, at, options } = await withRegistry({ auth: 'bearer' })
    const layers = Array.from({ length: 8 }, () => randomLayer(70_000))
    await pushImage(imageOf(layers), at('me/app:v1'), options)
    expect(memory.tokens.asked()).toBe(1)
  })

  test('that a registry no longer takes are replaced', async () => {
    const { memory, at, options } = await withRegistry({ auth: 'bearer' })
    memory.faults.push({
      method: 'POST',
      path: /uploads/,
      status: 503,
      happens: () => memory.tokens.expireAll(),
    })
    const { digest } = await pushImage(randomImage(), at('me/app:v1'), options)
    expect(memory.repository('me/app').tags.get('v1')).toBe(digest)
  })

  test('are asked for by POST where GET is not known', async () => {
    const { memory, at, options } = await withRegistry({ auth: 'bearer', isOauthOnly: true })
    await pushImage(randomImage(), at('me/app:v1'), options)
    expect(memory.requests.filter(({ path }) => path === '/token').map(({ method }) => method)).toEqual([
      'GET',
      'POST',
    ])
  })

  test('come from an identity token by OAuth2', async () => {
    const {
      memory,
      at,
      host,
      options: { login: _, ...options },
    } = await withRegistry({ auth: 'bearer' })
    const home = scratch()
    await mkdir(join(home, '.docker'))
    const auths = { [host]: { identitytoken: memory.tokens.identity } }
    await writeFile(join(home, '.docker/config.json'), JSON.stringify({ auths }))
    await pushImage(randomImage(), at('me/app:v1'), { ...options, home })
    expect(memory.requests.filter(({ path }) => path === '/token').map(({ method }) => method)).toEqual([
      'POST',
    ])
  })

  test('of a server that stays down are asked for as often as any other answer', async () => {
    const { memory, at, options } = await withRegistry({ auth: 'bearer' })
    memory.faults.push({ method: 'GET', path: /token/, status: 503, times: 99 })
    await expect(pushImage(randomImage(), at('me/app:v1'), options)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('logging in at'),
    })
    expect(memory.requests.filter(({ path }) => path === '/token').length).toBe(5)
  })

  test('are given to anyone for what is public', async () => {
    const { at, options } = await withRegistry({ auth: 'bearer', isOpen: true })
    const image = randomImage()
    await pushImage(image, at('me/app:v1'), options)
    const { login: _, ...anonymous } = options
    expect((await pullImage(at('me/app:v1'), anonymous)).manifest.digest).toBe(image.manifest.digest)
    await expect(
      pushImage(randomImage(), at('me/app:v2'), { ...anonymous, cacheDirectory: scratch() }),
    ).rejects.toMatchObject({
      code: 'DENIED',
      hint: expect.stringContaining('docker login'),
    })
  })
})

describe('what the registry asked for is remembered', () => {
  test.each(['bearer', 'basic'] as const)(
    '%s: the next push makes no request that is refused',
    async (auth) => {
      const { memory, at, options } = await withRegistry({ auth })
      const image = randomImage()
      await pushImage(image, at('me/app:v1'), options)
      memory.requests.length = 0
      await pushImage(image, at('me/app:v1'), options)
      expect(methods(memory)).toEqual(auth === 'bearer' ? ['GET', 'HEAD'] : ['HEAD'])
    },
  )

  test('and forgotten when it is no longer so', async () => {
    const { memory, at, options } = await withRegistry({ auth: 'bearer' })
    const image = randomImage()
    await pushImage(image, at('me/app:v1'), options)
    memory.faults.push(
      { method: 'GET', path: /token/, status: 404 },
      { method: 'POST', path: /token/, status: 404 },
    )
    const { bytesSent } = await pushImage(image, at('me/app:v1'), options)
    expect(bytesSent).toBe(0)
  })
})

describe('what is denied', () => {
  test.each([
    ['basic', {}, /docker login/],
    ['basic', { login: { username: 'me', password: 'canary-wrong' } }, /still valid/],
    ['bearer', {}, /docker login/],
    ['bearer', { login: { username: 'me', password: 'canary-wrong' } }, /still valid/],
  ] as const)('%s with %j says registry, repository, step and what to do', async (auth, login, hint) => {
    const {
      at,
      host,
      options: { login: _, ...options },
    } = await withRegistry({ auth })
    const error = await pushImage(randomImage(), at('me/app:v1'), { ...options, ...login }).catch(
      (thrown) => thrown,
    )
    expect(error).toMatchObject({ code: 'DENIED', hint: expect.stringMatching(hint) })
    expect(error.message).toContain(host)
    expect(error.message).toContain('me/app')
    expect(error.message).toMatch(/looking up v1|logging in/)
  })
})

describe('secrets appear nowhere', () => {
  const wrong = { username: 'me', password: 'canary-wrong/+ password' }

  test.each([
    ['basic', 'right'],
    ['bearer', 'right'],
    ['basic', 'wrong'],
    ['bearer', 'wrong'],
  ] as const)('%s, %s password: errors, progress, caches, receipts', async (auth, which) => {
    const { memory, at, options, cacheDirectory } = await withRegistry({ auth })
    const login = which === 'right' ? memory.user : wrong
    const events: ProgressEvent[] = []
    const all = { ...options, login, progress: (event: ProgressEvent) => events.push(event) }
    const said: unknown[] = []
    // The server says back whatever it was told.
    const body = ({ headers }: Seen) => failure('X', `you said ${headers.authorization}`)
    for (const status of [undefined, 400, 401, 403, 404, 500]) {
      memory.faults.length = 0
      if (status) memory.faults.push({ method: 'POST', path: /uploads/, times: 9, status, body })
      said.push(await pushImage(randomImage(), at('me/app:v1'), { ...all }).catch((error) => error))
      said.push(await pullImage(at('me/nothing:v1'), all).catch((error) => error))
      said.push(await copyImage(at('me/app:v1'), at('me/copy:v1'), all).catch((error) => error))
    }
    const files = await Promise.all(
      (await readdir(cacheDirectory, { recursive: true, withFileTypes: true }))
        .filter((one) => one.isFile())
        .map((one) => readFile(join(one.parentPath, one.name), 'latin1')),
    )
    const text = [
      inspect(said, { depth: 20, showHidden: true }),
      JSON.stringify(said),
      JSON.stringify(events),
      ...files,
    ].join('\n')
    const basic = Buffer.from(`${login.username}:${login.password}`).toString('base64')
    for (const secret of [
      login.password,
      encodeURIComponent(login.password),
      basic,
      ...memory.tokens.values(),
    ]) {
      expect(text).not.toContain(secret)
    }
    expect(text).not.toContain('canary')
    if (which === 'right') expect(text).toContain(`you said ${auth === 'basic' ? 'Basic' : 'Bearer'} ***`)
  })
})

test('a login for the destination of a copy is not shown to the source', async () => {
  const source = await withRegistry({ auth: 'basic' })
  const destination = await withRegistry({ auth: 'basic' })
  await pushImage(randomImage(), source.at('me/app:v1'), source.options)
  const seen = source.memory.requests.length
  await copyImage(source.at('me/app:v1'), destination.at('me/app:v1'), destination.options).catch(() => {})
  const { username, password } = destination.memory.user
  const login = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  expect(source.memory.requests.slice(seen).map(({ headers }) => headers.authorization)).not.toContain(login)
})

function bearer(realm: string, service: string | undefined, scope: string) {
  return { scheme: 'bearer', realm, service, scope }
}
