import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { planPush, pullImage, pushImage } from '../../../src/image/index.ts'
import { randomImage } from '../../helpers/registry/images.ts'
import { scratch } from '../../helpers/registry/scratch.ts'
import { listen } from '../../helpers/registry/serve.ts'
import { fastClock, withRegistry } from '../../helpers/registry/with.ts'

type Answer = { readonly status: number; readonly headers: { [name: string]: string }; readonly body: string }

const page = { 'content-type': 'text/html; charset=utf-8' }

/** What other servers than registries answer to everything. */
const answers: { readonly [name: string]: Answer } = {
  'a page': { status: 200, headers: page, body: '<!doctype html><title>Log in</title>' },
  'a text': { status: 200, headers: { 'content-type': 'text/plain' }, body: 'OK' },
  'JSON of its own': { status: 200, headers: { 'content-type': 'application/json' }, body: '{"ok":true}' },
  nothing: { status: 200, headers: {}, body: '' },
  'a login page elsewhere': { status: 302, headers: { location: '/login' }, body: '' },
}

async function serve({ status, headers, body }: Answer) {
  const requests: string[] = []
  const { host, close } = await listen((request: IncomingMessage, response: ServerResponse) => {
    requests.push(`${request.method} ${request.url}`)
    request.resume()
    request.on('end', () => {
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
      response.end(request.method === 'HEAD' ? undefined : body)
    })
  })
  onTestFinished(close)
  const options = { clock: fastClock(), random: () => 0, cacheDirectory: scratch() }
  return { host, requests, options }
}

describe.each(Object.entries(answers))(
  'what answers everything with %s is told to be no registry',
  (_, answer) => {
    test('by a push', async () => {
      const { host, options } = await serve(answer)
      await expect(pushImage(randomImage(), `${host}/me/app:v1`, options)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining(`what answers at ${host} is no registry of container images`),
        hint: expect.stringContaining('curl'),
      })
    })

    test('by a push to where others were before', async () => {
      const { memory, at, options, host } = await withRegistry()
      await pushImage(randomImage(), at('me/app:v1'), options)
      for (const method of ['HEAD', 'GET', 'POST', 'PUT', 'PATCH'])
        memory.faults.push({ method, path: /(?:)/, times: 99, ...answer })
      await expect(pushImage(randomImage(), at('me/app:v2'), options)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining(`what answers at ${host} is no registry`),
      })
    })

    test('by a dry run', async () => {
      const { host, options } = await serve(answer)
      await expect(planPush(randomImage(), `${host}/me/app:v1`, options)).rejects.toThrow('is no registry')
    })

    test('by a pull', async () => {
      const { host, options } = await serve(answer)
      await expect(pullImage(`${host}/me/app:v1`, options)).rejects.toThrow('is no registry')
    })
  },
)

test('a tag that is stored by a 200 that says nothing is not stored', async () => {
  const { memory, at, options } = await withRegistry()
  memory.faults.push({ method: 'PUT', path: /manifests/, status: 200, body: 'OK' })
  await expect(pushImage(randomImage(), at('me/app:v1'), options)).rejects.toThrow('is no registry')
})

test('a web server that has nothing there is not taken for a registry without the repository', async () => {
  const { host, options } = await serve({ status: 404, headers: page, body: '<h1>404</h1>' })
  await expect(pushImage(randomImage(), `${host}/me/app:v1`, options)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    hint: expect.stringContaining('check the host and the port'),
  })
})

test('a blob that is said to be there with another size is sent', async () => {
  const { memory, at, options } = await withRegistry()
  memory.faults.push({ method: 'HEAD', path: /blobs/, status: 200, body: 'another', times: 99 })
  const image = randomImage()
  await pushImage(image, at('me/app:v1'), options)
  for (const { digest } of image.layers) expect(memory.hasBlob('me/app', digest)).toBe(true)
})

test('a realm that answers with a page is told as that, and asked once', async () => {
  const { memory, at, options } = await withRegistry({ auth: 'bearer' })
  memory.faults.push({ method: 'GET', path: /token/, status: 200, headers: page, body: '<html>', times: 9 })
  await expect(pushImage(randomImage(), at('me/app:v1'), options)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('answered 200, but sent no token'),
  })
  expect(memory.log.filter((line) => line.includes('/token'))).toHaveLength(1)
})
