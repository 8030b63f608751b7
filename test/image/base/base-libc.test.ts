import { describe, expect, test } from 'vitest'
import { baseLibc, type Layer } from '../../../src/image/index.ts'
import { folder } from '../../helpers/folder.ts'
import { imageOf, layerOf, tarOf } from '../../helpers/registry/images.ts'

const layerWith = (path: string, options: { gzip?: boolean } = {}) =>
  layerOf(tarOf(path, Buffer.from('\x7fELF')), options)

describe('the C library of a base', () => {
  test.each([
    ['lib/ld-musl-x86_64.so.1', 'musl'],
    ['./usr/lib/ld-musl-aarch64.so.1', 'musl'],
    ['lib64/ld-linux-x86-64.so.2', 'glibc'],
    ['usr/lib64/ld-linux-x86-64.so.2', 'glibc'],
    ['lib/ld-linux-aarch64.so.1', 'glibc'],
    ['usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2', 'glibc'],
    ['lib64/ld64.so.2', 'glibc'],
    ['home/lib/ld-musl-x86_64.so.1', undefined],
    ['usr/bin/node', undefined],
  ])('by %s is %s', async (path, libc) => {
    const image = imageOf([layerWith('etc/hosts'), layerWith(path, { gzip: true })])
    expect(await baseLibc(image, { cacheDirectory: folder() })).toBe(libc)
  })

  test('is that of the lowest layer that has one, and no layer is read twice', async () => {
    const opened: string[] = []
    const counted = (layer: Layer): Layer => ({
      ...layer,
      open: (options) => {
        opened.push(layer.digest)
        return layer.open(options)
      },
    })
    const layers = ['etc/hosts', 'lib/ld-musl-x86_64.so.1', 'lib64/ld-linux-x86-64.so.2'].map((path) =>
      counted(layerWith(path)),
    )
    const cacheDirectory = folder()
    for (let times = 0; times < 2; times++)
      expect(await baseLibc(imageOf(layers), { cacheDirectory })).toBe('musl')
    expect(opened).toEqual(layers.slice(0, 2).map(({ digest }) => digest))
  })
})
