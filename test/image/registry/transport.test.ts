import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Layer, pushImage } from '../../../src/image/index.ts'
import { proxyFor } from '../../../src/image/registry/proxy.ts'
import { fileEntry, freshLayer } from '../../helpers/layers.ts'
import { makeCertificates } from '../../helpers/registry/certificates.ts'
import { digestOf, imageOf, randomImage, randomLayer } from '../../helpers/registry/images.ts'
import { MemoryRegistry } from '../../helpers/registry/memory.ts'
import { startProxy } from '../../helpers/registry/proxy.ts'
import { startRelay } from '../../helpers/registry/relay.ts'
import { scratch } from '../../helpers/registry/scratch.ts'
import { listen, serveRegistry } from '../../helpers/registry/serve.ts'
import { fastClock, withRegistry } from '../../helpers/registry/with.ts'

async function withTls(names?: readonly string[]) {
  const certificates = makeCertificates(scratch(), names)
  const memory = new MemoryRegistry()
  const { host, close } = await listen(memory.listener, { tls: certificates })
  onTestFinished(close)
  memory.at(`https://${host}`)
  return { memory, host, certificates }
}

const quick = { clock: fastClock(), random: () => 0 }

describe('TLS', () => {
  test('by a private authority needs its CA file', async () => {
    const { host, certificates } = await withTls()
    const image = randomImage()
    await expect(pushImage(image, `${host}/me/app`, quick)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('its certificate is not trusted'),
      hint: expect.stringContaining('CA file'),
    })
    const { digest } = await pushImage(image, `${host}/me/app`, { ...quick, caFile: certificates.caFile })
    expect(digest).toBe(image.manifest.digest)
  })

  test('for another name is refused though the authority is trusted', async () => {
    const { host, certificates } = await withTls(['DNS:elsewhere.example'])
    const { caFile } = certificates
    await expect(pushImage(randomImage(), `${host}/me/app`, { ...quick, caFile })).rejects.toMatchObject({
      message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    })
  })

  test('of any kind is accepted with insecure', async () => {
    const { host } = await withTls(['DNS:elsewhere.example'])
    await pushImage(randomImage(), `${host}/me/app`, { ...quick, insecure: true })
  })

  test.each([
    ['missing', undefined, /cannot be read/],
    ['no PEM', 'hello', /holds no certificate/],
  ])('a CA file that is %s is an error that names it', async (_, text, message) => {
    const caFile = join(scratch(), 'ca.pem')
    if (text) await writeFile(caFile, text)
    await expect(pushImage(randomImage(), 'localhost/me/app', { caFile })).rejects.toThrow(
      expect.objectContaining({ message: expect.stringMatching(message) }),
    )
  })
})

describe('plain http', () => {
  test('is spoken to loopback', async () => {
    const { at, options } = await withRegistry()
    await pushImage(randomImage(), at('me/app'), options)
  })

  test('is refused elsewhere, unless insecure', async () => {
    const { memory, host, close } = await serveRegistry()
    onTestFinished(close)
    const proxy = await startProxy({ 'registry.example:5000': host })
    onTestFinished(proxy.close)
    memory.at('http://registry.example:5000')
    const env = { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url }
    await expect(
      pushImage(randomImage(), 'registry.example:5000/me/app', { ...quick, env }),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/does not speak the expected protocol/),
    })
    expect(memory.requests).toEqual([])
    await pushImage(randomImage(), 'registry.example:5000/me/app', { ...quick, env, insecure: true })
    expect(proxy.asked).toContainEqual(expect.stringMatching(/^PUT http:\/\/registry\.example:5000\/v2\//))
  })
})

describe('a proxy', () => {
  test('carries https by CONNECT, with its own login', async () => {
    const { host, certificates, memory } = await withTls(['DNS:registry.example'])
    const proxy = await startProxy({ 'registry.example': host })
    onTestFinished(proxy.close)
    memory.at('https://registry.example')
    const HTTPS_PROXY = proxy.url.replace('http://', 'http://user:p%40ss@')
    await pushImage(randomImage(), 'registry.example/me/app', {
      caFile: certificates.caFile,
      env: { HTTPS_PROXY },
    })
    const login = Buffer.from('user:p@ss').toString('base64')
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT registry.example:443 Basic ${login}`]))
    expect(memory.requests.some(({ headers }) => headers['proxy-authorization'])).toBe(false)
  })

  test('that refuses is an error that names it and not its password', async () => {
    const { host, close } = await listen((_, response) => response.end())
    onTestFinished(close)
    const env = { HTTPS_PROXY: `http://user:canary@${host}` }
    const error = await pushImage(randomImage(), 'registry.example/me/app', { ...quick, env }).catch(
      (thrown) => thrown,
    )
    expect(error).toMatchObject({ code: 'UNAVAILABLE' })
    expect(`${error.message} ${error.hint}`).not.toContain('canary')
  })

  test('that does not answer is given up', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => void silent.close())
    const { port } = silent.address() as AddressInfo
    const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` }
    await expect(
      pushImage(randomImage(), 'registry.example/me/app', { ...quick, env, idleTimeout: 30 }),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `the proxy 127.0.0.1:${port} does not answer to CONNECT registry.example:443`,
    })
  })

  const env = { HTTPS_PROXY: 'http://proxy:1', http_proxy: 'proxy:2' }
  test.each([
    ['https://ghcr.io', {}, 'http://proxy:1/'],
    ['http://ghcr.io', {}, 'http://proxy:2/'],
    ['https://localhost:5000', {}, undefined],
    ['http://127.0.0.1:5000', {}, undefined],
    ['https://ghcr.io', { NO_PROXY: '*' }, undefined],
    ['https://ghcr.io', { NO_PROXY: 'a.b, ghcr.io' }, undefined],
    ['https://x.ghcr.io', { NO_PROXY: 'ghcr.io' }, undefined],
    ['https://xghcr.io', { NO_PROXY: 'ghcr.io' }, 'http://proxy:1/'],
    ['https://x.ghcr.io', { no_proxy: '.ghcr.io' }, undefined],
    ['https://ghcr.io', { no_proxy: '.ghcr.io' }, 'http://proxy:1/'],
    ['https://x.ghcr.io', { no_proxy: '*.ghcr.io' }, undefined],
    ['https://ghcr.io:8443', { no_proxy: 'ghcr.io:8443' }, undefined],
    ['https://ghcr.io', { no_proxy: 'ghcr.io:443' }, undefined],
    ['https://ghcr.io', { no_proxy: 'ghcr.io:8443' }, 'http://proxy:1/'],
    ['https://10.1.2.3', { no_proxy: '10.0.0.0/8' }, undefined],
    ['https://11.1.2.3', { no_proxy: '10.0.0.0/8' }, 'http://proxy:1/'],
    ['https://10.1.2.3', { no_proxy: '10.1.2.3' }, undefined],
    ['https://[fd00::1]', { no_proxy: 'fd00::/8' }, undefined],
  ])('for %s with %j is %s', (url, more, proxy) => {
    expect(proxyFor(new URL(url), { ...env, ...more })?.href).toBe(proxy)
  })

  test('of a kind that we do not speak is an error', () => {
    const socks = { HTTPS_PROXY: 'socks5://user:canary@proxy:1' }
    expect(() => proxyFor(new URL('https://a.b'), socks)).toThrow(
      'HTTPS_PROXY is not the URL of an http proxy',
    )
  })
})

describe('a registry that cannot be reached', () => {
  test.each([
    ['127.0.0.1:1/me/app', /connection was refused \(ECONNREFUSED\)/, /is running/],
    ['nowhere.invalid/me/app', /host name is not known|cannot be reached/, /network/],
  ])('%s says so, and what to do', async (reference, message, hint) => {
    await expect(pushImage(randomImage(), reference, quick)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    })
  })

  test('and says nothing for too long is given up', async () => {
    const { memory, at, options } = await withRegistry()
    memory.faults.push({ method: 'HEAD', path: /manifests/, delay: 3000, times: 9 })
    await expect(
      pushImage(randomImage(), at('me/app'), { ...options, idleTimeout: 20 }),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('ETIMEDOUT'),
    })
  })

  test('for hours (Retry-After) is not waited for', async () => {
    const { memory, at, options, clock } = await withRegistry()
    memory.faults.push({
      method: 'HEAD',
      path: /manifests/,
      status: 429,
      headers: { 'retry-after': '21600' },
    })
    await expect(pushImage(randomImage(), at('me/app'), options)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      hint: expect.stringContaining('in 21600 s'),
    })
    expect(clock.waits).toEqual([])
  })
})

test('a large file arrives as it is over a connection that holds it back', async () => {
  const { memory, host, options } = await withRegistry()
  const relay = await startRelay(host, { roundTrip: 8 })
  onTestFinished(relay.close)
  memory.at(`http://${relay.host}`)
  const file = join(scratch(), 'weights.bin')
  await writeFile(file, randomBytes(24 * 2 ** 20))
  const layer = await freshLayer([fileEntry('models/weights.bin', file)])
  await pushImage(imageOf([layer, randomLayer(5_000_000)]), `${relay.host}/me/app:v1`, options)
  expect(digestOf(memory.blobs.get(layer.digest) ?? Buffer.alloc(0))).toBe(layer.digest)
  expect(memory.log.filter((line) => / (400|5..)$/.test(line))).toEqual([])
})

test('retries wait longer each time, and as long as the registry asks', async () => {
  const { memory, at, options, clock } = await withRegistry()
  memory.faults.push({ method: 'HEAD', path: /manifests/, status: 503, times: 3 })
  memory.faults.push({ method: 'HEAD', path: /manifests/, status: 429, headers: { 'retry-after': '7' } })
  await pushImage(randomImage(), at('me/app'), options)
  expect(clock.waits).toEqual([125, 250, 500, 7000])
})

test('a time to wait may be a date', async () => {
  const { memory, at, options, clock } = await withRegistry()
  const date = new Date(Math.ceil(clock.now() / 1000) * 1000 + 9000).toUTCString()
  memory.faults.push({ method: 'HEAD', path: /manifests/, status: 503, headers: { 'retry-after': date } })
  await pushImage(randomImage(), at('me/app'), options)
  expect(clock.waits[0]).toBeGreaterThanOrEqual(9000)
  expect(clock.waits[0]).toBeLessThan(10_000)
})

test('an abort ends a push with its reason', async () => {
  const { memory, at, options } = await withRegistry()
  const stop = new AbortController()
  const reason = new Error('stop')
  memory.faults.push({ method: 'POST', path: /uploads/, happens: () => stop.abort(reason), delay: 50 })
  await expect(pushImage(randomImage(), at('me/app'), { ...options, signal: stop.signal })).rejects.toBe(
    reason,
  )
  expect(memory.repository('me/app').tags.size).toBe(0)
})

test('no more connections are open at once than was said', async () => {
  const { memory, at, options } = await withRegistry()
  let open = 0
  let most = 0
  const counted = (layer: Layer): Layer => ({
    ...layer,
    async *open(range) {
      most = Math.max(most, ++open)
      try {
        await new Promise((next) => setTimeout(next, 5))
        yield* layer.open(range)
      } finally {
        open--
      }
    },
  })
  const layers = Array.from({ length: 12 }, () => counted(randomLayer(100_000)))
  await pushImage(imageOf(layers), at('me/app'), { ...options, connections: 3 })
  expect(most).toBe(3)
  expect(memory.violations).toEqual([])
})
