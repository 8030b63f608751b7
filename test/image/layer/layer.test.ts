import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HashCache } from '../../../src/files/index.ts'
import { createLayer, type Layer, type LayerEntry } from '../../../src/image/index.ts'
import { readSegments, tarSegments, totalSize } from '../../../src/image/layer/segments.ts'
import { folder } from '../../helpers/folder.ts'
import { digestOfStream, fileEntry, freshLayer, unpack } from '../../helpers/layers.ts'
import { bytesOf } from '../../helpers/registry/images.ts'

const owned = { mode: 0o755, uid: 0, gid: 0 }
const text = (value: string) => Buffer.from(value)

describe('a layer', () => {
  test('has its entries sorted, with all parent folders, one time and the owners of the plan', async () => {
    const layer = await freshLayer([
      { ...fileEntry('b/c/file', text('x')), uid: 7, gid: 8, mode: 0o755 },
      { ...owned, kind: 'symlink', path: 'a', target: '/b' },
      { ...owned, kind: 'directory', path: 'b', mode: 0o700 },
    ])
    const found = (await unpack(layer)).map(({ header }) => header)
    expect(
      found.map(({ name, type, mode, uid, gid, mtime }) => [
        name,
        type,
        mode?.toString(8),
        uid,
        gid,
        mtime?.getTime(),
      ]),
    ).toEqual([
      ['a', 'symlink', '755', 0, 0, 1000],
      ['b/', 'directory', '700', 0, 0, 1000],
      ['b/c/', 'directory', '755', 0, 0, 1000],
      ['b/c/file', 'file', '755', 7, 8, 1000],
    ])
    expect(found[0]?.linkname).toBe('/b')
  })

  test.each(['none', 'gzip', 'zstd'] as const)(
    'stored as %s, is what its digests and size say',
    async (compression) => {
      const layer = await freshLayer([fileEntry('data', randomBytes(3_000_000))], { compression })
      const stored = await bytesOf(layer)
      expect(stored.length).toBe(layer.size)
      expect(await digestOfStream(layer.open())).toBe(layer.digest)
      if (compression === 'none') expect(layer.diffId).toBe(layer.digest)
      const tar = compression === 'gzip' ? gunzipSync(stored) : undefined
      if (tar) expect(await digestOfStream(chunksOf(tar))).toBe(layer.diffId)
      expect((await unpack(layer)).map(({ content }) => content.length)).toEqual([3_000_000])
    },
  )

  test('in gzip has no time and no system in its header', async () => {
    const layer = await freshLayer([fileEntry('a', text('x'))], { compression: 'gzip' })
    expect([...(await bytesOf(layer)).subarray(0, 10)]).toEqual([31, 139, 8, 0, 0, 0, 0, 0, 0, 255])
  })

  test('in gzip is what gzip itself takes, over many blocks', async () => {
    const lines = Array.from({ length: 400_000 }, (_, index) => `line ${index} of many\n`).join('')
    const layer = await freshLayer([fileEntry('lines', text(lines))], { compression: 'gzip' })
    const tar = execFileSync('gzip', ['-dc'], { input: await bytesOf(layer), maxBuffer: 1e8 })
    const [entry] = await unpack(layer)
    expect(entry?.content.toString()).toBe(lines)
    expect(await digestOfStream(chunksOf(tar))).toBe(layer.diffId)
  })

  test.each([
    ['spaces', 'with some spaces'],
    ['unicode', 'modèle-模型-🤖'],
    ['a line end', 'two\nlines'],
    ['a leading dash', '-rf'],
    ['a dot', '.hidden'],
    ['300 bytes', `${'d'.repeat(150)}/${'f'.repeat(149)}`],
    ['300 bytes of unicode', `${'é'.repeat(75)}/${'ü'.repeat(74)}`],
    ['99, 100 and 101 bytes', `${'a'.repeat(98)}/b`],
  ])('takes a name with %s, and GNU tar reads it', async (_, path) => {
    const layer = await freshLayer([fileEntry(path, text('content'))])
    expect((await unpack(layer)).at(-1)?.header.name).toBe(path)
    const directory = folder()
    execFileSync('tar', ['-x', '-C', directory], { input: await bytesOf(layer) })
    expect(readFileSync(join(directory, path), 'utf8')).toBe('content')
  })

  test('keeps names that differ in case only, as Linux does', async () => {
    const layer = await freshLayer([fileEntry('README', text('1')), fileEntry('readme', text('2'))])
    expect((await unpack(layer)).map(({ header }) => header.name)).toEqual(['README', 'readme'])
  })

  test.each([
    ['.wh.file', 'SOURCE_INVALID'],
    ['.wh.folder/file', 'SOURCE_INVALID'],
    ['back\\slash', 'SOURCE_INVALID'],
    ['nul\0', 'SOURCE_INVALID'],
    ['bell\x07', 'SOURCE_INVALID'],
  ])('refuses the name %j', async (path, code) => {
    await expect(freshLayer([fileEntry(path, text('x'))])).rejects.toMatchObject({ code })
  })

  test.each(['', '/', '../up', 'a/../b', 'a//b', '/absolute'])(
    'takes %j for a mistake of its caller',
    async (path) => {
      await expect(freshLayer([fileEntry(path, text('x'))])).rejects.toThrow(TypeError)
    },
  )

  test('does not depend on the order of the plan, on where files lie, on their modes and times', async () => {
    const make = async (directory: string, entries: (directory: string) => LayerEntry[]) => {
      mkdirSync(join(directory, 'sub'))
      writeFileSync(join(directory, 'sub', 'a'), 'one')
      writeFileSync(join(directory, 'b'), 'two')
      return (await freshLayer(entries(directory), { compression: 'gzip' })).digest
    }
    const a = (directory: string) => fileEntry('x/a', join(directory, 'sub', 'a'))
    const b = (directory: string) => fileEntry('x/b', join(directory, 'b'))
    const first = await make(folder(), (directory) => [a(directory), b(directory)])
    const second = await make(folder(), (directory) => {
      chmodSync(join(directory, 'b'), 0o600)
      utimesSync(join(directory, 'b'), 1e9, 1e9)
      return [b(directory), a(directory)]
    })
    expect(second).toBe(first)
  })

  test('can be read from any byte on', async () => {
    const file = join(folder(), 'large')
    writeFileSync(file, randomBytes(300_000))
    const layer = await freshLayer([fileEntry('a', text('first')), fileEntry('b', file)])
    const all = await bytesOf(layer)
    const property = fc.asyncProperty(fc.nat(all.length), async (start) => {
      expect(Buffer.compare(await bytesOf(layer, { start }), all.subarray(start))).toBe(0)
    })
    await fc.assert(property, { numRuns: 50 })
  })

  test('lends chunks that outlive the next two, to those who ask for it', async () => {
    const file = join(folder(), 'large')
    writeFileSync(file, randomBytes(9 * 2 ** 20))
    const layer = await freshLayer([fileEntry('a', file)])
    const [all, seen] = [await bytesOf(layer), [] as Uint8Array[]]
    let at = 0
    for await (const chunk of layer.open({ borrow: true })) {
      seen.push(chunk)
      const old = seen.at(-3)
      if (old) expect(Buffer.compare(old, all.subarray(at, at + old.length))).toBe(0)
      at += old?.length ?? 0
    }
    expect(new Set(seen.map(({ buffer }) => buffer)).size).toBeLessThan(8)
  })

  test('holds a file of more than 8 GiB, of which only the asked part is read', async () => {
    const file = join(folder(), 'huge')
    const size = 9 * 2 ** 30 + 5
    writeFileSync(file, '')
    truncateSync(file, size)
    const segments = tarSegments([fileEntry('models/huge', file)])
    const start = totalSize(segments) - 2000
    expect(totalSize(segments)).toBe(3 * 512 + Math.ceil(size / 512) * 512 + 1024)
    expect((await bytesOf({ open: () => readSegments(segments, { start }) })).length).toBe(2000)
    const head = await bytesOf({ open: () => firstOf(readSegments(segments)) })
    // The head alone: tar lists what it names, and misses the rest.
    const { stdout } = spawnSync('tar', ['-tv'], { input: head })
    expect(stdout.toString()).toContain(`${size}`)
  })
})

describe('a file that changes', () => {
  const packing = (file: string, sha256: string) => freshLayer([{ ...fileEntry('f', file), sha256 }])

  test('after it was hashed is found while it is packed', async () => {
    const file = join(folder({ f: 'before' }), 'f')
    const { sha256 } = await HashCache.none().hash(file)
    writeFileSync(file, 'beyond')
    await expect(packing(file, sha256)).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
    truncateSync(file, 2)
    await expect(freshLayer([{ ...fileEntry('f', file), size: 6, sha256 }])).rejects.toThrow(/ends after 2/)
    rmSync(file)
    await expect(readAll([{ kind: 'file', path: file, size: 6 }])).rejects.toThrow(/not there any more/)
  })

  test('in the middle of the packing is found', async () => {
    const file = join(folder(), 'f')
    writeFileSync(file, Buffer.alloc(5_000_000, 'a'))
    utimesSync(file, 1, 1)
    const hashCache = await HashCache.open(folder())
    const { sha256 } = await hashCache.hash(file)
    const late = { now: () => BigInt(Date.now() + 10_000) * 1_000_000n }
    await hashCache.remember(file, sha256, late)
    const options = {
      cacheDirectory: folder(),
      hashCache,
      progress: () => writeFileSync(file, 'x', { flag: 'r+' }),
    }
    const plan = {
      title: 'assets',
      entries: [{ ...fileEntry('f', file), sha256 }],
      compression: 'none',
    } as const
    await expect(createLayer(plan, options)).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
  })
})

describe('the cache of layers', () => {
  test('gives a layer again without reading its files, also from another place', async () => {
    const [cacheDirectory, directory] = [folder(), folder({ f: 'content' })]
    const hashCache = HashCache.none()
    const entry = { ...fileEntry('f', join(directory, 'f')), ...(await hashCache.hash(join(directory, 'f'))) }
    const make = (entries: readonly LayerEntry[]) =>
      createLayer({ title: 'component', entries, compression: 'gzip' }, { cacheDirectory, hashCache })
    const first = await make([entry])
    renameSync(join(directory, 'f'), join(directory, 'moved'))
    const source = { kind: 'file', path: join(directory, 'moved') } as const
    const again = await make([{ ...entry, source }])
    expect(facts(again)).toEqual(facts(first))
    rmSync(join(directory, 'moved'))
    expect(await digestOfStream(again.open())).toBe(first.digest)
  })

  test('may lose its blobs, be damaged, or not be there at all', async () => {
    const cacheDirectory = folder()
    const entries = [fileEntry('f', randomBytes(2_500_000))]
    const make = (directory: string) =>
      createLayer(
        { title: 'component', entries, compression: 'gzip' },
        { cacheDirectory: directory, hashCache: HashCache.none() },
      )
    const first = await make(cacheDirectory)
    const all = await bytesOf(first)
    rmSync(join(cacheDirectory, 'blobs'), { recursive: true })
    expect(
      Buffer.compare(
        await bytesOf(await make(cacheDirectory), { start: 1_100_000 }),
        all.subarray(1_100_000),
      ),
    ).toBe(0)
    for (const name of readdirSync(join(cacheDirectory, 'layers')))
      writeFileSync(join(cacheDirectory, 'layers', name), '{')
    expect(facts(await make(cacheDirectory))).toEqual(facts(first))
    expect(Buffer.compare(await bytesOf(await make('/dev/null/none')), all)).toBe(0)
  })

  const facts = ({ digest, diffId, size, mediaType }: Layer) => ({ digest, diffId, size, mediaType })
})

async function readAll(segments: Parameters<typeof readSegments>[0]): Promise<void> {
  for await (const _ of readSegments(segments));
}

async function* chunksOf(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

async function* firstOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk
    return
  }
}
