import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HashCache } from '../../../src/files/index.ts'
import { createLayer, explainLayers, type Layer, rememberImage } from '../../../src/image/index.ts'
import { folder } from '../../helpers/folder.ts'
import { fileEntry } from '../../helpers/layers.ts'
import { imageOf, randomLayer } from '../../helpers/registry/images.ts'

const base = randomLayer(1000, { title: 'base' })

async function setUp() {
  const cacheDirectory = folder()
  const component = (files: Readonly<Record<string, string>>): Promise<Layer> => {
    const entries = Object.entries(files).map(([path, text]) => fileEntry(path, Buffer.from(text)))
    return createLayer(
      { title: 'component', entries, compression: 'gzip' },
      { cacheDirectory, hashCache: HashCache.none() },
    )
  }
  const explain = async (layers: readonly Layer[], place = 'host/app:v1') =>
    (await explainLayers(imageOf(layers), { cacheDirectory, place })).map(({ title, change, files }) => ({
      title,
      change,
      files: files.map((file) => `${file.change} ${file.path}`),
    }))
  const remember = (layers: readonly Layer[]) =>
    rememberImage(imageOf(layers), { cacheDirectory, place: 'host/app:v1' })
  return { cacheDirectory, component, explain, remember }
}

test('a layer that changed is explained by its files, one that did not is the same', async () => {
  const { component, explain, remember } = await setUp()
  await remember([base, await component({ 'app/a': '1', 'app/b': '2', 'app/c': '3' })])
  expect(await explain([base, await component({ 'app/a': '1', 'app/b': 'two', 'app/d': '4' })])).toEqual([
    { title: 'base', change: 'same', files: [] },
    { title: 'component', change: 'files', files: ['changed app/b', 'removed app/c', 'added app/d'] },
  ])
})

test('what went elsewhere, or is of another kind, explains nothing', async () => {
  const { component, explain, remember } = await setUp()
  const layer = await component({ a: '1' })
  await remember([base])
  expect((await explain([base, layer])).map(({ change }) => change)).toEqual(['same', 'new'])
  expect((await explain([base, layer], 'host/app:v2')).map(({ change }) => change)).toEqual(['new', 'new'])
})

test('a change whose record is gone is a change all the same', async () => {
  const { cacheDirectory, component, explain, remember } = await setUp()
  await remember([await component({ a: '1' })])
  rmSync(join(cacheDirectory, 'contents'), { recursive: true })
  expect(await explain([await component({ a: '2' })])).toEqual([
    { title: 'component', change: 'other', files: [] },
  ])
})
