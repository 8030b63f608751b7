import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { pullImage, pushImage } from '../../../src/image/index.ts'
import { createGuard, isLoopback } from '../../../src/image/registry/addresses.ts'
import { bytesOf, digestOf, randomImage } from '../../helpers/registry/images.ts'
import { scratch } from '../../helpers/registry/scratch.ts'
import { listen } from '../../helpers/registry/serve.ts'
import { publicTarget } from '../../helpers/registry/targets.ts'
import { withRegistry } from '../../helpers/registry/with.ts'

const addresses: { readonly [host: string]: string } = {
  'ghcr.io': '140.82.121.33',
  'storage.example': '198.51.100.1',
  'inside.example': '10.1.2.3',
  'metadata.example': '169.254.169.254',
  'six.example': 'fd00::1',
  'registry.corp': '192.168.7.7',
}
const lookup = async (host: string) => {
  const address = addresses[host]
  if (!address) throw Object.assign(new Error(host), { code: 'ENOTFOUND' })
  return [{ address, family: address.includes(':') ? 6 : 4 }]
}

describe('a registry may lead us', () => {
  test.each([
    ['https://ghcr.io', 'https://storage.example/x', true],
    ['https://ghcr.io', 'https://ghcr.io:8443/x', true],
    ['https://ghcr.io', 'https://unknown.example/x', true],
    ['https://ghcr.io', 'http://storage.example/x', false],
    ['https://ghcr.io', 'ftp://storage.example/x', false],
    ['https://ghcr.io', 'https://127.0.0.1/x', false],
    ['https://ghcr.io', 'https://localhost/x', false],
    ['https://ghcr.io', 'https://a.localhost/x', false],
    ['https://ghcr.io', 'https://[::1]/x', false],
    ['https://ghcr.io', 'https://[::ffff:10.0.0.1]/x', false],
    ['https://ghcr.io', 'https://10.0.0.1/x', false],
    ['https://ghcr.io', 'https://172.16.5.4/x', false],
    ['https://ghcr.io', 'https://192.168.1.1/x', false],
    ['https://ghcr.io', 'https://169.254.169.254/latest', false],
    ['https://ghcr.io', 'https://100.64.0.1/x', false],
    ['https://ghcr.io', 'https://0.0.0.0/x', false],
    ['https://ghcr.io', 'https://[fe80::1]/x', false],
    ['https://ghcr.io', 'https://2130706433/x', false],
    ['https://ghcr.io', 'https://inside.example/x', false],
    ['https://ghcr.io', 'https://metadata.example/x', false],
    ['https://ghcr.io', 'https://six.example/x', false],
    ['https://registry.corp', 'https://10.9.9.9/x', true],
    ['https://registry.corp', 'http://10.9.9.9/x', false],
    ['http://127.0.0.1:5000', 'http://127.0.0.1:9000/x', true],
    ['http://127.0.0.1:5000', 'http://10.0.0.1/x', true],
  ])('from %s to %s: %s', async (from, to, isAllowed) => {
    const outcome = createGuard(() => new URL(from), { lookup })(new URL(to)).then(() => true)
    if (isAllowed) expect(await outcome).toBe(true)
    else
      await expect(outcome).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('refused'),
      })
  })

  test.each([
    ['localhost', true],
    ['a.localhost', true],
    ['127.1.2.3', true],
    ['[::1]', true],
    ['127.example.com', false],
    ['10.0.0.1', false],
  ])('%s is this machine: %s', (host, expected) => expect(isLoopback(host)).toBe(expected))
})

describe('a public registry that leads to a private address', () => {
  const evil = { 'storage.example': '10.0.0.5' }
  const target = async () => {
    const found = await publicTarget('ghcr.io', { name: 'evil', hasStorage: true, isMonolithic: true })
    onTestFinished(found.close)
    const cacheDirectory = scratch()
    const options = { ...found.options, cacheDirectory }
    return { ...found, options }
  }

  test('for a blob is refused', async () => {
    const { options } = await target()
    const image = randomImage()
    await pushImage(image, 'ghcr.io/me/app:v1', options)
    const lying = {
      ...options,
      lookup: async (host: string) => [
        { address: evil[host as keyof typeof evil] ?? '198.51.100.7', family: 4 },
      ],
    }
    await expect(pullImage('ghcr.io/me/app:v1', lying)).rejects.toMatchObject({
      message:
        'the registry ghcr.io leads to https://storage.example, which is at a private address: refused',
    })
  })

  test('for an upload is refused, before a byte of the blob went out', async () => {
    const { options, memory } = await target()
    const location = { location: 'https://169.254.169.254/upload?x=1' }
    memory?.faults.push({ method: 'POST', path: /uploads/, status: 202, headers: location, times: 9 })
    await expect(pushImage(randomImage(), 'ghcr.io/me/app:v1', options)).rejects.toMatchObject({
      message: expect.stringContaining('169.254.169.254'),
    })
    expect(memory?.sentBytes).toBe(0)
  })

  test('for a token is refused, and gets no password', async () => {
    const { options, memory } = await target()
    const headers = { 'www-authenticate': 'Bearer realm="http://metadata.example/token"' }
    memory?.faults.push({ method: 'HEAD', path: /manifests/, status: 401, headers, times: 9 })
    const login = { username: 'me', password: 'canary-password' }
    await expect(pushImage(randomImage(), 'ghcr.io/me/app:v1', { ...options, login })).rejects.toMatchObject({
      message: expect.stringContaining('http://metadata.example, which is not https'),
    })
  })
})

describe('credentials', () => {
  test('do not follow a redirect to another host, also of another port', async () => {
    const { memory, at, options } = await withRegistry({ auth: 'basic', hasStorage: true })
    const image = randomImage()
    await pushImage(image, at('me/app:v1'), options)
    const pulled = await pullImage(at('me/app:v1'), { ...options, cacheDirectory: scratch() })
    for (const layer of pulled.layers) expect(digestOf(await bytesOf(layer))).toBe(layer.digest)
    const storage = memory.requests.filter(({ path }) => path.startsWith('/storage/'))
    expect(storage.length).toBe(3)
    expect(storage.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined, undefined])
  })

  test('do not go to an upload location of another host', async () => {
    const { memory, at, options } = await withRegistry({ auth: 'basic' })
    const seen: (string | undefined)[] = []
    const other = await listen((request, response) => {
      seen.push(request.headers.authorization)
      request.resume()
      request.on('end', () => response.writeHead(403).end())
    })
    onTestFinished(other.close)
    const headers = { location: `http://${other.host}/upload?state=1` }
    memory.faults.push({ method: 'POST', path: /uploads/, status: 202, headers, times: 9 })
    await expect(pushImage(randomImage(), at('me/app:v1'), options)).rejects.toMatchObject({ code: 'DENIED' })
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.every((one) => one === undefined)).toBe(true)
  })
})

test.each([307, 308])(
  'an identity token does not follow a %i of the token server to another host',
  async (status) => {
    const { memory, at, host, options } = await withRegistry({ auth: 'bearer' })
    const bodies: string[] = []
    const other = await listen((request, response) => {
      request.on('data', (chunk) => bodies.push(`${chunk}`))
      request.on('end', () => response.writeHead(200).end('{"token":"x"}'))
    })
    onTestFinished(other.close)
    const headers = { location: `http://${other.host}/token` }
    memory.faults.push({ method: 'POST', path: /token/, status, headers, times: 9 })
    const home = scratch()
    await mkdir(join(home, '.docker'))
    const auths = { [host]: { identitytoken: 'canary-identity' } }
    await writeFile(join(home, '.docker/config.json'), JSON.stringify({ auths }))
    const { login: _, ...rest } = options
    await expect(pushImage(randomImage(), at('me/app:v1'), { ...rest, home })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    expect(bodies).toEqual([])
  },
)

test('an endless token is cut off', async () => {
  const { memory, at, options } = await withRegistry({ auth: 'bearer' })
  memory.faults.push({ method: 'GET', path: /token/, status: 200, body: 'x'.repeat(9_000_000), times: 9 })
  await expect(pushImage(randomImage(), at('me/app:v1'), options)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  })
})

test('an endless redirect ends in an error', async () => {
  const { memory, at, options } = await withRegistry()
  const headers = { location: '/v2/me/app/manifests/v1' }
  memory.faults.push({ method: 'HEAD', path: /manifests/, status: 307, headers, times: 99 })
  await expect(pullImage(at('me/app:v1'), options)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(memory.requests.length).toBe(6)
})

test('an endless answer is cut off', async () => {
  const server = await listen((request, response) => {
    request.resume()
    if (request.method === 'HEAD')
      return response.writeHead(200, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end()
    response.writeHead(200)
    const block = Buffer.alloc(2 ** 20)
    const pour = () => {
      while (!response.destroyed && response.write(block));
      if (!response.destroyed) response.once('drain', pour)
    }
    return pour()
  })
  onTestFinished(server.close)
  const { options } = await withRegistry()
  await expect(pullImage(`${server.host}/me/app:v1`, options)).rejects.toThrow()
})
