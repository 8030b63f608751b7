import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BlobSource } from '../../../src/image/registry/blob-source.ts'
import { layerOf } from '../../helpers/registry/images.ts'

const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251))

async function read(source: BlobSource, start: number, length: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source.take(start, length)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('any order of parts, forward and back, with chunks of any size, gives the bytes that were asked for', async () => {
  const part = fc
    .tuple(fc.nat(999), fc.nat(999))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const)
  await fc.assert(
    fc.asyncProperty(fc.array(part), fc.integer({ min: 1, max: 1100 }), async (parts, chunk) => {
      const source = new BlobSource(layerOf(bytes, { chunk }))
      for (const [from, to] of [...parts, [0, 1000] as const]) {
        expect((await read(source, from, to - from)).equals(bytes.subarray(from, to))).toBe(true)
      }
      await source.close()
    }),
  )
})

test('a blob that is not what its digest says never gives out its end, whatever was read before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(999), fc.nat(999), async (changed, start) => {
      const other = Buffer.from(bytes)
      other[changed] = 255
      const lying = { ...layerOf(bytes), open: layerOf(other, { chunk: 100 }).open }
      const source = new BlobSource(lying)
      await read(source, start, Math.min(50, 999 - start))
      await expect(read(source, start, 1000 - start)).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
    }),
  )
})

describe('a blob that is known to be unchanged', () => {
  test('is opened where it is needed, and nothing before is read', async () => {
    const starts: (number | undefined)[] = []
    const layer = layerOf(bytes, { chunk: 100 })
    const open: typeof layer.open = (options) => {
      starts.push(options?.start)
      return layer.open(options)
    }
    const source = new BlobSource({ ...layer, open, isUnchanged: async () => true })
    expect(await read(source, 700, 100)).toEqual(bytes.subarray(700, 800))
    expect(await read(source, 800, 200)).toEqual(bytes.subarray(800))
    expect(await read(source, 300, 700)).toEqual(bytes.subarray(300))
    expect(starts).toEqual([700, 300])
  })

  test('and changes while it is read never gives out its end', async () => {
    let isUnchanged = true
    const source = new BlobSource({ ...layerOf(bytes), isUnchanged: async () => isUnchanged })
    await read(source, 0, 500)
    isUnchanged = false
    await expect(read(source, 500, 500)).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
  })

  test('but was not at first is hashed, and goes out if it is right', async () => {
    const source = new BlobSource({ ...layerOf(bytes), isUnchanged: async () => false })
    expect(await read(source, 0, 1000)).toEqual(bytes)
  })
})

test('a part that is not read to its end closes the source', async () => {
  let isClosed = false
  const layer = layerOf(bytes, { chunk: 10 })
  const source = new BlobSource({
    ...layer,
    async *open(range) {
      try {
        yield* layer.open(range)
      } finally {
        isClosed = true
      }
    },
  })
  for await (const _ of source.take(0, 500)) break
  await source.close()
  expect(isClosed).toBe(true)
})

test('a part that is given up while its bytes are on their way takes none from the next one', async () => {
  const layer = layerOf(bytes, { chunk: 100 })
  const [opened, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const source = new BlobSource({
    ...layer,
    async *open(range) {
      opened.resolve()
      await gate.promise
      yield* layer.open(range)
    },
  })
  const given = source.take(0, 1000)
  const first = given.next()
  await opened.promise
  const second = read(source, 0, 1000)
  gate.resolve()
  await first
  await given.return(undefined)
  expect(await second).toEqual(bytes)
})
