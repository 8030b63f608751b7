import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ChooseOptions, chooseOutput } from '../../src/builders/docker/choose-output.ts'
import { silent } from '../../src/progress.ts'
import { fakeEngine } from '../helpers/engine/fake.ts'
import { folder } from '../helpers/folder.ts'

async function setUp(hasSeveral: boolean): Promise<ChooseOptions> {
  const { env: environment } = await fakeEngine()
  const { signal } = new AbortController()
  return { environment, directory: folder(), name: 'app', hasSeveral, force: false, progress: silent, signal }
}

describe('where an image goes', () => {
  test('is the engine if one answers', async () => {
    expect(await chooseOutput(undefined, await setUp(false))).toMatchObject({ kind: 'engine' })
  })

  test('is a layout for several platforms, although an engine answers', async () => {
    const options = await setUp(true)
    const path = join(options.directory, 'app.oci')
    expect(await chooseOutput(undefined, options)).toEqual({ kind: 'layout', path })
  })

  test.each([{ kind: 'engine' }, { kind: 'archive', path: '/x/app.tar' }] as const)(
    'is never %j for several platforms, which is told before anything is built',
    async (output) => {
      await expect(chooseOutput(output, await setUp(true))).rejects.toMatchObject({ code: 'USAGE' })
    },
  )
})
