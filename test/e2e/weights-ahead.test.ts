import { randomBytes } from 'node:crypto'
import { chmodSync, readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type CliOptions, flambe } from '../helpers/cli.ts'
import { docker, hasEngine, imageName } from '../helpers/engine/real.ts'
import { folder } from '../helpers/folder.ts'

const weightsBytes = 128 * 2 ** 20

describe.skipIf(!hasEngine('large weights into the engine'))('the first build with large weights', () => {
  test('gives them to the engine while it hashes them, and makes the image that it makes anywhere', async () => {
    const { build, name, directory } = setUp()
    const { status, stderr } = await build(['--base', 'host', '--output', 'docker'])
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining(' MB sent') })
    // Under its name and not by its digest, and once.
    expect(stderr.match(/✓ (?!pack).* 134 MB/g)).toEqual(['✓ assets models/weights.bin  134 MB'])
    const layout = await build(['--base', 'host', '--output', join(directory, 'layout'), '--json'])
    const { images } = JSON.parse(layout.stdout)
    expect(docker('images', '--quiet', '--no-trunc', name)).toBe(images[0].id)
  }, 60_000)

  test('sends what a dry run says', async () => {
    const { build } = setUp()
    const dry = JSON.parse(
      (await build(['--base', 'host', '--output', 'docker', '--json', '--dry-run'])).stdout,
    )
    const real = JSON.parse((await build(['--base', 'host', '--output', 'docker', '--json'])).stdout)
    expect(real).toMatchObject({ digest: dry.digest, bytesSent: dry.bytesSent })
  }, 60_000)

  test('goes the usual way where the file was touched meanwhile', async () => {
    const { build, name, directory } = setUp()
    let isTouched = false
    const { status } = await build(['--base', 'host', '--output', 'docker'], {
      onSpawn: (child) =>
        child.stderr?.on('data', (text: string) => {
          if (isTouched || !text.includes('assets models/weights')) return
          chmodSync(join(directory, 'weights.bin'), 0o600)
          isTouched = true
        }),
    })
    expect({ status, isTouched }).toEqual({ status: 0, isTouched: true })
    expect(docker('images', '--quiet', name)).not.toBe('')
  }, 60_000)

  test('leaves nothing in the engine when it fails after that has begun', async () => {
    const { build, name, directory } = setUp()
    const failed = await build(['--output', 'docker', '--base', `oci:${join(directory, 'none')}`])
    expect(failed.status).not.toBe(0)
    expect(failed.stderr).toMatch(/✓ assets models\/weights\.bin /)
    await nothingOf(name)
  }, 60_000)

  test('leaves nothing in the engine when it is interrupted', async () => {
    const { build, name } = setUp()
    const interrupted = await build(['--base', 'host', '--output', 'docker'], {
      onSpawn: (child) =>
        child.stderr?.on(
          'data',
          (text: string) => text.includes('assets models/weights') && child.kill('SIGINT'),
        ),
    })
    expect(interrupted.status).toBe(130)
    await nothingOf(name)
  }, 60_000)
})

const code = `import { Component } from 'flambe'

export class Model extends Component {
  constructor({ weights }: { weights: string }) { super() }
  predict({ x }: { x: number }) { return { y: x } }
}
`

/** A component with weights that no engine has seen. */
function setUp() {
  const directory = folder({
    'spec.yaml': 'ext: ./ext\n---\n!DockerBuilder\ncomponent: !ext.Model\n  weights: !file ./weights.bin\n',
    'ext/index.ts': code,
    'weights.bin': randomBytes(100),
  })
  truncateSync(join(directory, 'weights.bin'), weightsBytes)
  const name = imageName()
  const build = (args: readonly string[], options: CliOptions = {}) =>
    flambe(['build', '--docker', '--tag', `${name}:1`, ...args, 'spec.yaml'], {
      cwd: directory,
      ...options,
    })
  return { directory, name, build }
}

async function nothingOf(name: string): Promise<void> {
  expect(docker('images', '--quiet', name)).toBe('')
  // Where the engine unpacks archives, if this user may look there.
  if (process.getuid?.() !== 0) return
  const folder = join(docker('info', '--format', '{{.DockerRootDir}}'), 'tmp')
  await expect
    .poll(() => readdirSync(folder).filter((one) => readdirSync(join(folder, one)).includes('layer-0.tar')), {
      timeout: 20_000,
    })
    .toEqual([])
}
