import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyImage, pullImage, pushImage } from '../../../src/image/index.ts'
import {
  type DockerRegistry,
  hasDockerRegistry,
  startDockerRegistry,
} from '../../helpers/registry/docker-registry.ts'
import { bytesOf, digestOf, imageOf, indexOf, randomLayer } from '../../helpers/registry/images.ts'
import { hasProgram } from '../../helpers/registry/programs.ts'
import { scratch } from '../../helpers/registry/scratch.ts'

const run = promisify(execFile)

// Tools that others wrote, to say that what we push is right, and to push what we pull.
describe.runIf(hasDockerRegistry('what other tools say of our pushes'))('at the real registry', () => {
  let registry: DockerRegistry
  let cacheDirectory: string
  beforeAll(async () => {
    registry = await startDockerRegistry(scratch())
    cacheDirectory = scratch()
  })
  afterAll(() => registry.stop())

  const weights = randomLayer(300_000, { title: 'assets' })
  const image = imageOf([weights, randomLayer(3000, { gzip: true })])
  const arm = imageOf([weights, randomLayer(3000)], { platform: { os: 'linux', architecture: 'arm64' } })
  const at = (path: string) => `${registry.host}/${path}`

  test.runIf(hasProgram('crane'))('crane validates an image and an index', async () => {
    await pushImage(image, at('me/app:v1'), { cacheDirectory })
    await pushImage(indexOf([image, arm]), at('me/app:multi'), { cacheDirectory })
    await copyImage(at('me/app:multi'), at('me/copy:multi'), { cacheDirectory })
    const zipped = imageOf([randomLayer(5000, { gzip: true }), randomLayer(3000, { gzip: true })])
    await pushImage(zipped, at('me/zipped:v1'), { cacheDirectory })
    await crane(['validate', '--remote', at('me/zipped:v1')])
    // Without --fast crane unzips every layer, also one that says that it is a plain tar.
    for (const name of ['me/app:v1', 'me/app:multi', 'me/copy:multi']) {
      await crane(['validate', '--fast', '--remote', at(name)])
    }
  })

  async function crane(args: readonly string[]): Promise<void> {
    const { stdout, stderr } = await run('crane', [...args, '--insecure'])
    expect(stdout + stderr).toMatch(/^PASS/)
  }

  test.runIf(hasProgram('skopeo'))('skopeo reads what we pushed, and we read what it pushed', async () => {
    await pushImage(image, at('me/app:v2'), { cacheDirectory })
    const layout = scratch()
    const [from, to] = [`docker://${at('me/app:v2')}`, `docker://${at('me/back:v2')}`]
    await run('skopeo', ['copy', '--preserve-digests', '--src-tls-verify=false', from, `oci:${layout}:v2`])
    expect(existsSync(join(layout, 'blobs', weights.digest.replace(':', '/')))).toBe(true)
    await run('skopeo', ['copy', '--preserve-digests', '--dest-tls-verify=false', `oci:${layout}:v2`, to])
    const pulled = await pullImage(at('me/back:v2'), { cacheDirectory: scratch() })
    expect(pulled.manifest.digest).toBe(image.manifest.digest)
    for (const layer of pulled.layers) expect(digestOf(await bytesOf(layer))).toBe(layer.digest)
  })
})
