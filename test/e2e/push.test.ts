import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { assembleIndex, type ImagePlatform, pushImage } from '../../src/image/index.ts'
import { flambe } from '../helpers/cli.ts'
import { exampleCopy, folder } from '../helpers/folder.ts'
import type { MemoryRegistry } from '../helpers/registry/memory.ts'
import { nodeImage } from '../helpers/registry/node-image.ts'
import { serveRegistry } from '../helpers/registry/serve.ts'

const amd64: ImagePlatform = { os: 'linux', architecture: 'amd64' }
const arm64: ImagePlatform = { os: 'linux', architecture: 'arm64' }
const onnx = new URL('../../examples/digits-onnx/', import.meta.url).pathname

/** A registry with a base in it, a project, and a machine that knows nothing. */
async function setUp(example = 'breast-cancer') {
  const { memory, host, close } = await serveRegistry({ isResumable: true })
  onTestFinished(close)
  const base = `${host}/library/node:24`
  await pushBase(base)
  memory.requests.length = 0
  const project = exampleCopy(example)
  if (example === 'digits-onnx') symlinkSync(join(onnx, 'node_modules'), join(project, 'node_modules'))
  const env = { FLAMBE_CACHE_DIR: folder(), FLAMBE_HOME: folder(), HOME: folder() }
  const image = `${host}/me/app`
  const build = async (...more: readonly string[]) => {
    const args = ['build', '--docker', join(project, 'spec.yaml'), '--base', base, '--tag', `${image}:v1`]
    const ran = await flambe([...args, ...more], { env })
    if (ran.status !== 0) throw new Error(ran.stderr)
    return ran
  }
  const report = async (...more: readonly string[]) => JSON.parse((await build('--json', ...more)).stdout)
  return { memory, base, image, host, project, env, build, report }
}

function pushBase(to: string, version = '24.1.0') {
  const images = [amd64, arm64].map((platform) => nodeImage({ platform, version }))
  return pushImage(assembleIndex(images), to)
}

function editCode(project: string): void {
  const file = join(project, 'ext', 'index.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace('NEGATIVE: 1 - p', 'NEGATIVE: 0 + 1 - p'))
}

const seen = ({ requests }: MemoryRegistry) => requests.map(({ method, path }) => `${method} ${path}`)
const manifestOf = ({ blobs }: MemoryRegistry, digest: string) => JSON.parse(`${blobs.get(digest)}`)

describe('build --docker --push', { timeout: 60_000 }, () => {
  test('prints the digest reference, gives every tag, and writes what it made to a file', async () => {
    const { memory, image, build } = await setUp()
    const file = join(folder(), 'metadata', 'image.json')
    const { stdout } = await build('--push', '-t', `${image}:latest`, '--metadata-file', file)
    const metadata = JSON.parse(readFileSync(file, 'utf8'))
    expect(stdout).toBe(`${image}@${metadata.digest}\n`)
    expect(metadata).toMatchObject({
      reference: stdout.trim(),
      'containerimage.digest': metadata.digest,
      tags: [`${image}:v1`, `${image}:latest`],
    })
    expect(Object.fromEntries(memory.repository('me/app').tags)).toEqual({
      v1: metadata.digest,
      latest: metadata.digest,
    })
    expect(memory.violations).toEqual([])
  })

  test('a dry run says the digest, the bytes and the files that changed, and sends nothing', async () => {
    const { memory, project, report } = await setUp()
    const check = async () => {
      const before = memory.sentBytes
      const planned = await report('--push', '--dry-run')
      expect(memory.sentBytes).toBe(before)
      const made = await report('--push')
      expect(planned).toMatchObject({ digest: made.digest, bytesSent: made.bytesSent })
      expect(memory.sentBytes - before).toBe(made.bytesSent)
      return planned
    }
    expect((await check()).bytesSent).toBeGreaterThan(1000)
    expect((await check()).bytesSent).toBe(0)
    editCode(project)
    const { bytesSent, images } = await check()
    const component = images[0].layers.at(-1)
    expect(bytesSent).toBeLessThan(component.size + 8000)
    expect(component.changed.changed).toContain('app/code/ext/index.js')
    expect(images[0].layers.filter(({ bytesToSend }: { bytesToSend: number }) => bytesToSend > 0)).toEqual([
      component,
    ])
  })

  test('several repositories get it, the second by mounts, as the dry run said', async () => {
    const { memory, host, image, report } = await setUp()
    const more = ['--push', '-t', `${host}/you/app:v2`]
    const planned = await report(...more, '--dry-run')
    const made = await report(...more)
    expect(made).toMatchObject({ bytesSent: planned.bytesSent, reference: `${image}@${made.digest}` })
    expect(memory.repository('you/app').tags.get('v2')).toBe(made.digest)
  })

  test('a tag that is something else stays with --no-clobber', async () => {
    const { image, project, build, memory } = await setUp()
    await build('--push')
    const before = memory.repository('me/app').tags.get('v1')
    editCode(project)
    await expect(build('--push', '--no-clobber')).rejects.toThrow(`${image}:v1 exists`)
    expect(memory.repository('me/app').tags.get('v1')).toBe(before)
  })
})

describe('a base in a registry', { timeout: 60_000 }, () => {
  test('is mounted and not downloaded, and named with its digest in the image', async () => {
    const { memory, base, report } = await setUp()
    const { digest } = await report('--push')
    const blobs = manifestOf(memory, digest).layers.slice(0, 1)
    expect(seen(memory).filter((line) => line.includes(blobs[0].digest) && line.startsWith('GET'))).toEqual(
      [],
    )
    expect(manifestOf(memory, digest).annotations).toMatchObject({
      'org.opencontainers.image.base.name': base,
      'org.opencontainers.image.base.digest': expect.stringMatching(/^sha256:/),
    })
  })

  test('is asked for once a day, with --pull each time, and --offline not at all', async () => {
    const { memory, base, report } = await setUp()
    const tagRequests = async (...more: readonly string[]) => {
      memory.requests.length = 0
      const made = await report('--output', join(folder(), 'app.oci'), ...more)
      return { made, asked: seen(memory).filter((line) => line.includes('library/node/manifests/24')).length }
    }
    const first = await tagRequests()
    expect(first.asked).toBe(1)
    await pushBase(base, '24.2.0')
    expect(await tagRequests()).toEqual({
      made: expect.objectContaining({ digest: first.made.digest }),
      asked: 0,
    })
    const pulled = await tagRequests('--pull')
    expect(pulled.asked).toBe(1)
    expect(pulled.made.digest).not.toBe(first.made.digest)
    const offline = await tagRequests('--offline')
    expect(offline.made.digest).toBe(pulled.made.digest)
    expect(memory.requests).toEqual([])
  })

  test('that is not in the cache is an error with --offline', async () => {
    const { build, memory } = await setUp()
    await expect(build('--output', join(folder(), 'x.oci'), '--offline')).rejects.toThrow(
      /is not in the cache/,
    )
    expect(memory.requests).toEqual([])
  })

  test('of another registry is not shown the login of the image', async () => {
    const { memory, host, close } = await serveRegistry({ auth: 'basic' })
    onTestFinished(close)
    const own = await setUp()
    const login = { FLAMBE_REGISTRY_USER: 'me', FLAMBE_REGISTRY_PASSWORD: memory.user.password }
    const spec = join(own.project, 'spec.yaml')
    const args = ['build', '--docker', spec, '--base', own.base, '--push', '--tag', `${host}/me/app:v1`]
    const { status, stdout, stderr } = await flambe(args, { env: { ...own.env, ...login } })
    expect(status, stderr).toBe(0)
    expect(stdout).toMatch(/^127\.0\.0\.1:\d+\/me\/app@sha256:/)
    expect(own.memory.requests.map(({ headers }) => headers.authorization)).not.toContainEqual(
      expect.anything(),
    )
  })
})

describe('an image for several platforms', { timeout: 60_000 }, () => {
  const both = ['--push', '--platform', 'linux/amd64,linux/arm64']

  test('is an index whose images share what is the same on all', async () => {
    const { memory, build, report } = await setUp()
    const planned = await report(...both, '--dry-run')
    const made = await report(...both)
    expect(planned).toMatchObject({ digest: made.digest, bytesSent: made.bytesSent })
    const index = manifestOf(memory, made.digest)
    expect(index.manifests.map(({ platform }: { platform: ImagePlatform }) => platform)).toEqual([
      amd64,
      arm64,
    ])
    const layers = made.images.map((image: { layers: { title: string; digest: string }[] }) =>
      image.layers.filter(({ title }) => title !== 'base').map(({ digest }) => digest),
    )
    expect(layers[0]).toEqual(layers[1])
    expect(memory.violations).toEqual([])
    expect((await build(...both)).stderr).not.toMatch(/error/)
  })

  test('has the native files of each, and the weights once', async () => {
    const { report, memory } = await setUp('digits-onnx')
    const { images, digest } = await report(...both)
    const of = (title: string) =>
      images.map(({ layers }: { layers: { title: string; digest: string }[] }) =>
        layers.filter((layer) => layer.title === title).map((layer) => layer.digest),
      )
    const [one, two] = of('dependencies')
    expect(one).not.toEqual(two)
    expect(of('assets')[0]).toEqual(of('assets')[1])
    expect(manifestOf(memory, digest).manifests).toHaveLength(2)
  })

  test('for which a base has nothing is an error that says what it has', async () => {
    const { build, base } = await setUp()
    await expect(build('--push', '--platform', 'linux/amd64,linux/s390x')).rejects.toThrow(
      `${base} has no image for linux/s390x`,
    )
  })
})
