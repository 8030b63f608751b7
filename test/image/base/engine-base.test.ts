import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { loadIntoEngine, openBase } from '../../../src/image/index.ts'
import type { ProgressEvent } from '../../../src/progress.ts'
import { baseOptions, sharedCache } from '../../helpers/engine/base-options.ts'
import { docker, hasEngine, imageName, realEngine } from '../../helpers/engine/real.ts'
import { folder } from '../../helpers/folder.ts'
import { bytesOf, digestOf, imageOf, layerOf, tarOf } from '../../helpers/registry/images.ts'
import { nodeImage } from '../../helpers/registry/node-image.ts'

describe.skipIf(!hasEngine('bases that the engine builds'))('a base from a Dockerfile', () => {
  async function parent(): Promise<string> {
    const name = imageName()
    await loadIntoEngine(nodeImage(), [name], { engine: await realEngine() })
    return name
  }

  test('is built with its arguments and its folder, less what .dockerignore names', async () => {
    const tag = imageName()
    const directory = folder({
      Dockerfile: `ARG BASE\nFROM $BASE\nCOPY . /data\nLABEL flambe.test=${tag}\n`,
      '.dockerignore': 'secret\nlogs\n!logs/kept\n',
      secret: 'x',
      'logs/one': 'x',
      'logs/kept': 'x',
      plain: 'x',
    })
    const events: ProgressEvent[] = []
    const options = baseOptions({
      directory,
      buildArgs: { BASE: await parent() },
      progress: (event) => events.push(event),
    })
    const base = await openBase('dockerfile:.', options)
    docker('tag', base.image.config.digest, tag)
    expect(base.node).toBe('/usr/local/bin/node')
    const tar = gunzipSync(await bytesOf(base.image.layers[1] ?? { open: () => (async function* () {})() }))
    expect(digestOf(tar)).toBe(base.image.layers[1]?.diffId)
    const names = [...tar.toString('latin1').matchAll(/data\/[\w/.]+/g)].map(([name]) => name)
    expect(names).toEqual(expect.arrayContaining(['data/plain', 'data/logs/kept']))
    expect(names.join()).not.toMatch(/secret|logs\/one/)
    const titles = events.flatMap((event) => (event.type === 'step' ? event.title : []))
    expect(titles).toEqual(expect.arrayContaining(['COPY . /data']))
  })

  test('that fails says what the build said last', async () => {
    const directory = folder({ Dockerfile: `FROM ${await parent()}\nRUN ["/no/such/program"]\n` })
    await expect(openBase('dockerfile:Dockerfile', baseOptions({ directory }))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('Step 2/2 : RUN ["/no/such/program"]'),
    })
  })

  test('that is not there is named', async () => {
    await expect(openBase('dockerfile:nowhere', baseOptions())).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringContaining('/nowhere is not there'),
    })
  })

  test('can be an image that the engine has', async () => {
    const name = await parent()
    const base = await openBase(`docker-daemon:${name}`, baseOptions())
    expect(base.image.config.digest).toBe(nodeImage().config.digest)
    await expect(openBase(`docker-daemon:${name}-none`, baseOptions())).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
    })
  })

  test('Dockerfile.runtime puts Node on any base, and refuses packages where there is no apt-get', {
    timeout: 120_000,
  }, async () => {
    const engine = await realEngine()
    const [host, name] = [await openBase('host', baseOptions(sharedCache())), imageName()]
    // Commands in it need a shell, which the base "host" has not; the machine's own needs the C library alone.
    const shell = layerOf(tarOf('bin/sh', readFileSync('/bin/sh'), { mode: 0o755 }))
    const image = imageOf([...host.image.layers, shell], { env: ['PATH=/usr/local/bin:/bin'] })
    await loadIntoEngine(image, [name], { engine })
    const directory = join(import.meta.dirname, '../../..')
    const build = (buildArgs: Record<string, string>) =>
      openBase(
        'dockerfile:Dockerfile.runtime',
        baseOptions({ directory, buildArgs: { NODE_IMAGE: name, BASE: name, ...buildArgs } }),
      )
    const base = await build({})
    docker('tag', base.image.config.digest, imageName())
    expect(base.node).toBe('/usr/local/bin/node')
    await expect(build({ APT_PACKAGES: 'curl' })).rejects.toMatchObject({
      message: expect.stringContaining('APT_PACKAGES needs a base with apt-get'),
    })
  })
})
