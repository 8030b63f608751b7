import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { assembleIndex, pushImage, writeArchive, writeLayout } from '../../src/image/index.ts'
import { flambe } from '../helpers/cli.ts'
import { folder } from '../helpers/folder.ts'
import {
  type DockerRegistryOptions,
  hasDockerRegistry,
  startDockerRegistry,
} from '../helpers/registry/docker-registry.ts'
import { randomImage } from '../helpers/registry/images.ts'
import { serveRegistry } from '../helpers/registry/serve.ts'

async function registry(personality: Parameters<typeof serveRegistry>[0] = {}) {
  const { memory, host, close } = await serveRegistry(personality)
  onTestFinished(close)
  const env = { FLAMBE_CACHE_DIR: folder(), FLAMBE_HOME: folder(), HOME: folder() }
  return { memory, host, env }
}

const canary = 'canary-pässword-1'

test('copy prints the digest reference, moves every tag, and mounts within a registry', async () => {
  const { memory, host, env } = await registry()
  const image = randomImage()
  await pushImage(image, `${host}/me/app:v1`)
  memory.requests.length = 0
  const { status, stdout, stderr } = await flambe(
    ['copy', `${host}/me/app:v1`, `${host}/me/stable:v1`, '-t', 'latest', '-t', 'best'],
    { env },
  )
  expect(stdout).toBe(`${host}/me/stable@${image.manifest.digest}\n`)
  expect(status).toBe(0)
  expect([...memory.repository('me/stable').tags.keys()].sort()).toEqual(['best', 'latest', 'v1'])
  expect(stderr.match(/mounted/g)).toHaveLength(3)
})

test('a login from the environment is used, and shown in no output, not even of a failure', async () => {
  const { memory, host, env } = await registry({ auth: 'basic' })
  await pushImage(randomImage(), `${host}/me/app:v1`, { login: memory.user })
  const login = { FLAMBE_REGISTRY_USER: 'me', FLAMBE_REGISTRY_PASSWORD: canary }
  const args = ['copy', `${host}/me/app:v1`, `${host}/me/b:v1`, '--json', '--debug', '-v']
  expect((await flambe(args, { env: { ...env, ...login } })).status).toBe(0)
  const wrong = { ...login, FLAMBE_REGISTRY_PASSWORD: `${canary}-wrong` }
  const denied = await flambe(args, { env: { ...env, ...wrong, FLAMBE_CACHE_DIR: folder() } })
  expect(denied.status).toBe(77)
  expect(`${denied.stdout}${denied.stderr}`).not.toMatch(/canary/)
  expect(denied.stdout).not.toContain(Buffer.from(`me:${canary}-wrong`).toString('base64'))
})

test.each([
  [['copy', 'localhost:1/me/app', 'localhost:1/me/b'], {}, 69, /localhost:1.*me\/app.*refused/],
  [['copy', 'me/App', 'localhost:1/me/b'], {}, 2, /capital letters/],
  [
    ['copy', 'localhost:1/a:v1', 'localhost:1/b:v1'],
    { FLAMBE_REGISTRY_USER: 'me' },
    2,
    /FLAMBE_REGISTRY_PASSWORD/,
  ],
])('%j with %j ends with a status and words', async (args, more, status, words) => {
  const env = { FLAMBE_CACHE_DIR: folder(), FLAMBE_HOME: folder(), HOME: folder(), ...more }
  const ran = await flambe(args, { env })
  expect(ran.stderr).toMatch(words)
  expect(ran.status).toBe(status)
})

describe.runIf(hasDockerRegistry('what its failures are called'))('at the real registry', () => {
  const started = async (options: DockerRegistryOptions = {}) => {
    const { host, stop } = await startDockerRegistry(folder(), options)
    onTestFinished(stop)
    return { host, stop }
  }
  const layout = async () => {
    const path = join(folder(), 'app.oci')
    await writeLayout(randomImage(), path)
    return path
  }

  test.each<[string, number, RegExp, RegExp, () => Promise<readonly string[]>]>([
    [
      'a registry that is down',
      69,
      /looking up v1 .*refused/,
      /is running and listens/,
      async () => {
        const { host, stop } = await started()
        await stop()
        return ['push', await layout(), `${host}/me/app:v1`]
      },
    ],
    [
      'a registry that denies',
      77,
      /looking up v1/,
      /docker login/,
      async () => {
        const { host } = await started({ htpasswd: { username: 'me', password: canary } })
        return ['push', await layout(), `${host}/me/app:v1`]
      },
    ],
    [
      'a repository that is not there',
      69,
      /getting the manifest v1 .*404/,
      /check the name of the repository/,
      async () => {
        const { host } = await started()
        return ['copy', `${host}/me/app:v1`, `${host}/me/b:v1`]
      },
    ],
  ])(
    '%s: status %d, and the step, the registry, the repository, and what to do',
    async (_, status, step, hint, set) => {
      const args = await set()
      const env = { FLAMBE_CACHE_DIR: folder(), FLAMBE_HOME: folder(), HOME: folder() }
      const ran = await flambe([...args], { env })
      const [host = expect.fail()] = /127\.0\.0\.1:\d+/.exec(args.join(' ')) ?? []
      expect(ran.stderr).toMatch(step)
      expect(ran.stderr).toContain(`registry ${host}, repository me/app`)
      expect(ran.stderr).toMatch(new RegExp(`hint .*(${hint.source})`))
      expect(ran).toMatchObject({ status, stdout: '' })
    },
  )
})

test('a tag that is something else is not moved with --no-clobber', async () => {
  const { host, env } = await registry()
  await pushImage(randomImage(), `${host}/me/app:v1`)
  await pushImage(randomImage(), `${host}/me/app:v2`)
  const ran = await flambe(['copy', `${host}/me/app:v1`, `${host}/me/app:v2`, '--no-clobber'], { env })
  expect(ran.stderr).toMatch(/v2 exists/)
  expect(ran.status).toBe(22)
})

test('cache ls, verify and prune tell what a run left', async () => {
  const { host, env } = await registry()
  await pushImage(randomImage(), `${host}/me/app:v1`)
  await flambe(['copy', `${host}/me/app:v1`, `${host}/me/b:v1`], { env })
  expect((await flambe(['cache', 'ls'], { env })).stdout).toMatch(/registry +\d+ +\d+ B/)
  expect((await flambe(['cache', 'verify'], { env })).stdout).toMatch(/\d+ checked, 0 damaged/)
  expect((await flambe(['cache', 'prune', '--all'], { env })).stdout).toMatch(/removed \d+ entries/)
  expect(JSON.parse((await flambe(['cache', 'ls', '--json'], { env })).stdout)).toMatchObject({ bytes: 0 })
})

describe('push of a file', () => {
  const images = () => [
    randomImage(),
    randomImage({ platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }),
  ]

  test('pushes a layout byte by byte, whole with all of its platforms', async () => {
    const { memory, host, env } = await registry()
    const index = assembleIndex(images())
    const layout = join(folder(), 'app.oci')
    await writeLayout(index, layout, { names: ['v1'] })
    for (const source of [layout, `${layout}:v1`]) {
      const to = `${host}/me/app-${source.length}`
      const { stdout, stderr } = await flambe(['push', source, `${to}:v1`, '-t', 'v2'], { env })
      expect(stderr).not.toMatch(/error/)
      expect(stdout).toBe(`${to}@${index.index.digest}\n`)
    }
    expect(memory.violations).toEqual([])
  })

  test('pushes an archive that docker load takes, too', async () => {
    const { host, env } = await registry()
    const [image = expect.fail()] = images()
    const file = join(folder(), 'app.tar')
    await writeArchive(image, file)
    const { stdout } = await flambe(['push', file, `${host}/me/app:v1`], { env })
    expect(stdout).toBe(`${host}/me/app@${image.manifest.digest}\n`)
  })

  test.each([
    ['a layout of several images, without a name', 'several.oci', 22, /several.*\n.*several\.oci:one/],
    ['a name that is not in it', 'several.oci:three', 22, /no image named three/],
    ['a folder of something else', 'other', 2, /is no image/],
    ['nothing', 'not-there.oci', 2, /is no image/],
  ])('of %s is an error in words', async (_, source, status, words) => {
    const directory = folder({ 'other/flambe.json': '{}' })
    const [one = expect.fail(), two = expect.fail()] = images()
    await writeLayout(one, join(directory, 'several.oci'), { names: ['one'] })
    const second = join(directory, 'two.oci')
    await writeLayout(two, second, { names: ['two'] })
    mergeLayouts(join(directory, 'several.oci'), second)
    const ran = await flambe(['push', join(directory, source), 'localhost:1/me/app:v1'], {
      env: { FLAMBE_CACHE_DIR: folder(), FLAMBE_HOME: folder() },
    })
    expect(ran.stderr).toMatch(words)
    expect(ran.status).toBe(status)
  })
})

/** Gives a layout the images of another, too. */
function mergeLayouts(into: string, from: string): void {
  cpSync(join(from, 'blobs'), join(into, 'blobs'), { recursive: true })
  const [mine, other] = [into, from].map((layout) =>
    JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')),
  )
  mine.manifests.push(...other.manifests)
  writeFileSync(join(into, 'index.json'), JSON.stringify(mine))
}
