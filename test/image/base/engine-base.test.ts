import { describe, expect, test } from 'vitest'
import { loadIntoEngine, openBase } from '../../../src/image/index.ts'
import type { ProgressEvent } from '../../../src/progress.ts'
import { baseOptions } from '../../helpers/engine/base-options.ts'
import { docker, hasEngine, imageName, realEngine } from '../../helpers/engine/real.ts'
import { folder } from '../../helpers/folder.ts'
import { bytesOf, digestOf } from '../../helpers/registry/images.ts'
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
    const tar = await bytesOf(base.image.layers[1] ?? { open: () => (async function* () {})() })
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
})
