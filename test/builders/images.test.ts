import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-fs'
import { describe, expect, test } from 'vitest'
import { type ImageOptions, inspectImage, openImagePredictor, targetOf } from '../../src/builders/index.ts'
import { plainManifest } from '../../src/image/base/plain-image.ts'
import { layerContents } from '../../src/image/describe/layer-contents.ts'
import { packForEngine } from '../../src/image/engine/archive.ts'
import { findEngine, loadIntoEngine, pushImage } from '../../src/image/index.ts'
import { type Progress, silent } from '../../src/progress.ts'
import { writeEngine } from '../helpers/artifact.ts'
import { fakeEngine } from '../helpers/engine/fake.ts'
import { folder } from '../helpers/folder.ts'
import {
  digestOf,
  imageOf,
  indexOf,
  layerOf,
  randomImage,
  randomLayer,
  tarOf,
} from '../helpers/registry/images.ts'
import { withRegistry } from '../helpers/registry/with.ts'

const options = (): ImageOptions => ({
  environment: { DOCKER_HOST: 'tcp://127.0.0.1:1' },
  home: folder(),
  cacheDirectory: folder(),
  progress: silent,
  signal: new AbortController().signal,
})

const arm = { os: 'linux', architecture: 'arm64' }

describe('what an argument names', () => {
  test.each([
    ['spec.yaml', 'spec'],
    ['s3://bucket/engine', 'artifact'],
    ['https://host/engine.tar.gz', 'artifact'],
    ['./engine.tgz', 'artifact'],
    ['./not/there', 'artifact'],
    ['/not/there', 'artifact'],
    ['Capital/Letters', 'artifact'],
    ['engine', 'image'],
    ['me/engine:v1', 'image'],
    ['localhost:5000/engine', 'image'],
    [`engine@sha256:${'a'.repeat(64)}`, 'image'],
  ])('%s is %s', (location, kind) => {
    expect(targetOf(location)).toBe(kind)
  })

  test('what is there counts more than how it is called', () => {
    const directory = folder({ 'layout/oci-layout': '{}', 'image.tar': '', 'engine/flambe.json': '{}' })
    const kinds = ['layout', 'image.tar', 'engine'].map((name) => targetOf(join(directory, name)))
    expect(kinds).toEqual(['image-file', 'image-file', 'artifact'])
  })
})

describe('an image that is looked at', () => {
  test('is told with its layers, and the component that is in it', async () => {
    const artifact = join(folder(), 'engine')
    await writeEngine(artifact)
    const manifest = readFileSync(join(artifact, 'flambe.json'))
    const image = imageOf([
      layerOf(tarOf('usr/base', Buffer.from('x'))),
      layerOf(tarOf('app/flambe.json', manifest), { gzip: true }),
    ])
    const config = {
      ...JSON.parse(Buffer.from(image.config.bytes).toString()),
      config: { Entrypoint: ['/node', '/main.js'], User: '65532', ExposedPorts: { '8080/tcp': {} } },
      history: [
        { created_by: 'FROM x' },
        { created_by: 'ENV a=b', empty_layer: true },
        { created_by: 'flambe build --docker', comment: 'component' },
      ],
    }
    const directory = folder()
    const whole = { ...image, config: { ...image.config, bytes: Buffer.from(JSON.stringify(config)) } }
    await pipeline(Readable.from(packForEngine(reassembled(whole), { references: [] })), extract(directory))
    const inspection = await inspectImage(directory, 'image-file', options())
    expect(inspection.image).toMatchObject({
      platform: 'linux/amd64',
      start: { entrypoint: ['/node', '/main.js'], user: '65532', ports: ['8080/tcp'] },
      layers: [
        { title: 'FROM x', isBase: true },
        {
          title: 'component',
          isBase: false,
          contents: { files: 1, biggest: [{ path: '/app/flambe.json', size: manifest.length }] },
        },
      ],
    })
    expect(inspection.artifact?.components[0]).toMatchObject({ path: '', type: 'ext.Engine' })
  })

  test('and says that its manifest is larger than one can be, is told without it', async () => {
    const large = layerOf(tarOf('app/flambe.json', Buffer.alloc(65 * 2 ** 20)), { gzip: true })
    const { contents, artifact } = await layerContents(large)
    expect([contents.files, artifact]).toEqual([1, undefined])
  })

  test('in a registry is read there, without its base', async () => {
    const { at, memory, options: registry } = await withRegistry()
    const image = randomImage()
    await pushImage(image, at('other:1'), registry)
    memory.requests.length = 0
    const inspection = await inspectImage(at('other:1'), 'image', options())
    expect(inspection.image).toMatchObject({ id: image.config.digest, digest: image.manifest.digest })
    expect(inspection.artifact).toBeUndefined()
    const layers = image.layers.map(({ digest }) => digest)
    expect(memory.requests.filter(({ path }) => layers.some((digest) => path.includes(digest)))).toEqual([])
  })

  test('by a bare name that is nowhere is said to be so, and no registry is asked', async () => {
    await expect(inspectImage('engine', 'image', options())).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      message: expect.stringMatching(
        /^engine is not to be found: it is no file or folder here; .*no engine answers/,
      ),
    })
  })
})

describe('of an image that the engine should have', () => {
  test('what keeps the engine from telling is a notice, and its registry is asked', async () => {
    const { at, options: registry } = await withRegistry()
    const image = randomImage()
    await pushImage(image, at('other:1'), registry)
    const { env: environment } = await fakeEngine({ inspectError: 'layer store is locked' })
    const notices: string[] = []
    const progress: Progress = (event) => void (event.type === 'notice' && notices.push(event.message))
    const inspection = await inspectImage(at('other:1'), 'image', { ...options(), environment, progress })
    expect(inspection.image.id).toBe(image.config.digest)
    expect(notices).toEqual([expect.stringContaining('the engine says "layer store is locked"')])
  })

  test('what keeps the engine from telling is the error where no registry is named', async () => {
    const { env: environment } = await fakeEngine({ inspectError: 'layer store is locked' })
    await expect(inspectImage('engine', 'image', { ...options(), environment })).rejects.toThrow(
      'the engine says "layer store is locked"',
    )
  })

  test('one for another platform than the wanted is not taken', async () => {
    const { at, options: registry } = await withRegistry()
    const [x64, arm64] = [randomImage(), imageOf([randomLayer(900)], { platform: arm })]
    await pushImage(indexOf([x64, arm64]), at('other:1'), registry)
    const { env: environment } = await fakeEngine()
    const { engine } = await findEngine({ env: environment })
    if (!engine) throw new Error('no engine')
    await loadIntoEngine(x64, [at('other:1')], { engine })
    const asked = { ...options(), environment }
    const inspection = await inspectImage(at('other:1'), 'image', { ...asked, platform: arm })
    expect(inspection.image).toMatchObject({ id: arm64.config.digest, platform: 'linux/arm64' })
    await loadIntoEngine(x64, ['engine'], { engine })
    await expect(inspectImage('engine', 'image', { ...asked, platform: arm })).rejects.toThrow(
      'the engine has engine for linux/amd64 and not for linux/arm64',
    )
  })

  test.each([['engine:latest'], ['engine'], ['ghcr.io/me/engine:v1']])(
    'and that is to be run, %s, no registry is asked for where there is no engine',
    async (name) => {
      await expect(openImagePredictor(name, 'image', options())).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(
          new RegExp(
            `^${name} is no file or folder here; as an image it takes an engine to run: .*no engine answers`,
          ),
        ),
        hint: expect.stringContaining('start Docker or Podman'),
      })
    },
  )
})

test('an image that is named by its digest alone gets no tag in the engine, so that none is moved', async () => {
  const { at, options: registry } = await withRegistry()
  const { env: environment, images } = await fakeEngine()
  const image = randomImage()
  await pushImage(image, at('other:1'), registry)
  const location = `${at('other')}@${image.manifest.digest}`
  // It serves nothing, and cannot run.
  await expect(openImagePredictor(location, 'image', { ...options(), environment })).rejects.toThrow()
  expect([...images.keys()]).toEqual([image.config.digest])
})

/** With the digests that its config has now. */
function reassembled({ config, ...image }: ReturnType<typeof imageOf>): ReturnType<typeof imageOf> {
  const described = { ...config, digest: digestOf(config.bytes), size: config.bytes.length }
  return { ...image, config: described, manifest: plainManifest(image.layers, described) }
}
