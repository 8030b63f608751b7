import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createGunzip, gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { extract, pack } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import {
  copyHashed,
  HashCache,
  hashFile,
  isInside,
  libcOf,
  ownerMark,
  packArchive,
  parseElf,
  parseNativeBinary,
  readElf,
  readNativeBinary,
  replaceDirectory,
  safeJoin,
  settledDirectory,
  unpackArchive,
} from '../../src/files/index.ts'
import { folder } from '../helpers/folder.ts'

const digest = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

describe('hashing and copying', () => {
  test.each([0, 1, 4 * 1024 ** 2, 4 * 1024 ** 2 + 1, 9_000_001])(
    '%i bytes give the digest that node:crypto gives',
    async (size) => {
      const bytes = Buffer.alloc(size, 'flambe')
      const directory = folder({ in: bytes })
      expect(await hashFile(join(directory, 'in'))).toEqual({ sha256: digest(bytes), size })
      const target = join(directory, 'out')
      expect(await copyHashed(join(directory, 'in'), target)).toEqual({ sha256: digest(bytes), size })
      expect(digest(readFileSync(target))).toBe(digest(bytes))
      expect(statSync(target).nlink).toBe(1)
    },
  )

  test('a later edit of the source does not reach the copy', async () => {
    const directory = folder({ in: 'before' })
    await copyHashed(join(directory, 'in'), join(directory, 'out'))
    writeFileSync(join(directory, 'in'), 'after!')
    expect(readFileSync(join(directory, 'out'), 'utf8')).toBe('before')
  })

  test('a file that changes while it is read is refused', async () => {
    const directory = folder({ in: Buffer.alloc(9_000_000) })
    const onBlock = (_: Uint8Array, position: number) => {
      if (position === 0) appendFileSync(join(directory, 'in'), 'x')
    }
    await expect(hashFile(join(directory, 'in'), { onBlock })).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: expect.stringContaining('changed while it was read'),
    })
  })

  test.each([
    ['a missing file', 'nope', 'is not there'],
    ['a folder', '.', 'is no regular file'],
  ])('%s is refused', async (_, name, message) => {
    await expect(hashFile(join(folder(), name))).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: expect.stringContaining(message),
    })
  })
})

describe('the hash cache', () => {
  const old = new Date(Date.now() - 60_000)

  test('knows a file that has not changed, also in another process', async () => {
    const directory = folder({ a: 'one' })
    const cache = await HashCache.open(join(directory, 'cache'))
    expect(cache.known(join(directory, 'a'))).toBeUndefined()
    await cache.remember(join(directory, 'a'), digest('one'), { probe: directory })
    await cache.save()
    const again = await HashCache.open(join(directory, 'cache'))
    expect(again.known(join(directory, 'a'))).toEqual({ sha256: digest('one'), size: 3 })
  })

  test('writes each file once, however often it is saved', async () => {
    const directory = folder({ a: 'one', b: 'two', c: 'six' })
    for (const name of ['a', 'b', 'c']) {
      utimesSync(join(directory, name), old, old)
      const cache = await HashCache.open(join(directory, 'cache'))
      await cache.remember(join(directory, name), digest(name), { probe: directory })
      await cache.save()
    }
    const written: unknown = JSON.parse(readFileSync(join(directory, 'cache/hashes.json'), 'utf8'))
    // Of each its signature and its digest.
    expect(written).toHaveLength(6)
  })

  test('does not remember a file that was only just written', async () => {
    const directory = folder({ a: 'one' })
    const cache = HashCache.none()
    await cache.remember(join(directory, 'a'), digest('one'))
    expect(cache.known(join(directory, 'a'))).toBeUndefined()
  })

  test('remembers a large file that was only just written, and sees the next write', async () => {
    const directory = folder()
    const file = join(directory, 'a')
    const cache = await HashCache.open(directory)
    for (const text of ['one', 'two', 'six']) {
      writeFileSync(file, Buffer.alloc(2 ** 24, text))
      expect(cache.known(file)).toBeUndefined()
      const hashed = await cache.hash(file)
      expect(cache.known(file)).toEqual(hashed)
    }
  })

  test.each(['', '{', '{}', '[1, 2]', '["1 2 3 4 5"]', '["1 2 3 4 5", null]'])(
    'a damaged cache (%j) is an empty one',
    async (text) => {
      const directory = folder({ 'cache/hashes.json': text, a: 'one' })
      const cache = await HashCache.open(join(directory, 'cache'))
      expect(await cache.hash(join(directory, 'a'))).toEqual({ sha256: digest('one'), size: 3 })
    },
  )

  test('never gives a wrong digest, whatever is done to the file', async () => {
    const edit = fc.constantFrom(
      'rewrite',
      'restore times',
      'append',
      'truncate',
      'replace',
      'rename',
      'nothing',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(edit, fc.string({ minLength: 1, maxLength: 3 })), { maxLength: 8 }),
        async (edits) => {
          const directory = folder({ a: 'one', b: 'two' })
          const file = join(directory, 'a')
          const cache = await HashCache.open(join(directory, 'cache'))
          for (const [kind, text] of edits) {
            const before = statSync(file)
            if (kind === 'rewrite') writeFileSync(file, text)
            if (kind === 'restore times') {
              writeFileSync(file, readFileSync(file, 'latin1').replace(/./g, 'z'))
              utimesSync(file, before.atime, before.mtime)
            }
            if (kind === 'append') appendFileSync(file, text)
            if (kind === 'truncate') truncateSync(file, 1)
            if (kind === 'replace') {
              writeFileSync(`${file}.new`, text)
              utimesSync(`${file}.new`, old, old)
              renameSync(`${file}.new`, file)
            }
            if (kind === 'rename') {
              renameSync(file, `${file}.moved`)
              renameSync(`${file}.moved`, file)
            }
            const found = await cache.hash(file)
            expect(found.sha256).toBe(digest(readFileSync(file)))
            await cache.remember(file, found.sha256, { probe: directory })
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('replacing a folder', () => {
  const fill = (text: string) => async (directory: string) => writeFileSync(join(directory, 'x'), text)

  test('puts the new one in the place of the old, and leaves nothing beside it', async () => {
    const directory = folder({ 'out/x': 'old', 'out/stale': '' })
    await replaceDirectory(join(directory, 'out'), fill('new'))
    expect(readdirSync(join(directory, 'out'))).toEqual(['x'])
    expect(readdirSync(directory)).toEqual(['out'])
  })

  test('creates missing parents, and takes them away where it fails', async () => {
    const directory = folder()
    await replaceDirectory(join(directory, 'a', 'b', 'out'), fill('new'))
    expect(readFileSync(join(directory, 'a', 'b', 'out', 'x'), 'utf8')).toBe('new')
    const failing = () => Promise.reject(new Error('no'))
    await expect(replaceDirectory(join(directory, 'c', 'd'), failing)).rejects.toThrow('no')
    expect(readdirSync(directory)).toEqual(['a'])
  })

  test('a failure takes away no parent that somebody else has put something into', async () => {
    const directory = folder()
    const failing = async () => {
      writeFileSync(join(directory, 'c', 'other'), 'x')
      throw new Error('no')
    }
    await expect(replaceDirectory(join(directory, 'c', 'd', 'out'), failing)).rejects.toThrow('no')
    expect(readdirSync(join(directory, 'c'))).toEqual(['other'])
  })

  test('a failure keeps the old one', async () => {
    const directory = folder({ 'out/x': 'old' })
    await expect(
      replaceDirectory(join(directory, 'out'), () => Promise.reject(new Error('no'))),
    ).rejects.toThrow('no')
    expect(readFileSync(join(directory, 'out', 'x'), 'utf8')).toBe('old')
    expect(readdirSync(directory)).toEqual(['out'])
  })

  test('a reader in the middle finds the complete new one, and the next writer cleans up', async () => {
    const dead = 2 ** 22 - 1
    const directory = folder({
      [`.out.flambe-next-${dead}-1/x`]: 'new',
      [`.out.flambe-old-${dead}-1/x`]: 'old',
      [`.out.flambe-writing-${dead}-2/x`]: 'half',
    })
    const found = await settledDirectory(join(directory, 'out'))
    expect(readFileSync(join(found, 'x'), 'utf8')).toBe('new')
    await replaceDirectory(join(directory, 'out'), fill('newer'))
    expect(readdirSync(directory)).toEqual(['out'])
    expect(readFileSync(join(directory, 'out', 'x'), 'utf8')).toBe('newer')
  })

  test('many at once leave one whole', async () => {
    const directory = folder()
    const target = join(directory, 'out')
    const writes = Array.from({ length: 6 }, (_, index) => replaceDirectory(target, fill(`${index}`)))
    const settled = await Promise.allSettled(writes)
    expect(settled.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
    expect(readFileSync(join(target, 'x'), 'utf8')).toMatch(/^\d$/)
    expect(readdirSync(directory)).toEqual(['out'])
  })
})

describe('archives', () => {
  const entries = (...pairs: [string, string][]) =>
    pairs.map(([path, text]) => ({
      path,
      size: Buffer.byteLength(text),
      open: () => Readable.from([Buffer.from(text)]),
    }))

  async function tarGz(build: (tar: ReturnType<typeof pack>) => void): Promise<Buffer> {
    const tar = pack()
    build(tar)
    tar.finalize()
    return gzipSync(await buffer(Readable.from(tar)))
  }

  test('what is packed is unpacked, and the same entries give the same bytes in any order', async () => {
    const directory = folder()
    const [a, b] = [join(directory, 'a.tar.gz'), join(directory, 'b.tar.gz')]
    await packArchive(entries(['x/ü.txt', 'one'], ['y', 'two']), a, { top: 'art' })
    await packArchive(entries(['y', 'two'], ['x/ü.txt', 'one']), b, { top: 'art' })
    expect(digest(readFileSync(a))).toBe(digest(readFileSync(b)))
    expect(readFileSync(a)[9]).toBe(255)
    mkdirSync(join(directory, 'out'))
    await unpackArchive(a, join(directory, 'out'))
    expect(readFileSync(join(directory, 'out', 'x', 'ü.txt'), 'utf8')).toBe('one')
    expect(readFileSync(join(directory, 'out', 'y'), 'utf8')).toBe('two')
    expect(readdirSync(directory).sort()).toEqual(['a.tar.gz', 'b.tar.gz', 'out'])
  })

  test('takes away what a killed writer left of it, and nothing of others', async () => {
    const left = (name: string, mark: string) => `${name}.flambe-writing-${mark}.ab12`
    const dead = `${2 ** 22 - 1}-1`
    const others = [left('b.tar.gz', dead), left('a.tar.gz', ownerMark())]
    const directory = folder(
      Object.fromEntries([...others, left('a.tar.gz', dead)].map((name) => [name, 'half'])),
    )
    await packArchive(entries(['x', 'one']), join(directory, 'a.tar.gz'), { top: 'art' })
    expect(readdirSync(directory).sort()).toEqual(['a.tar.gz', ...others].sort())
  })

  test('GNU tar reads it, with fixed owners and times', async () => {
    const directory = folder()
    await packArchive(entries(['x', 'one']), join(directory, 'a.tar.gz'), { top: 'art' })
    const listed = execFileSync('tar', ['--utc', '--full-time', '-tvzf', join(directory, 'a.tar.gz')], {
      encoding: 'utf8',
    })
    expect(listed).toMatch(/^-rw-r--r-- 0\/0\s+3 1970-01-01 00:00:01 art\/x\n$/)
  })

  test.each<[string, (tar: ReturnType<typeof pack>) => void, string]>([
    ['a way up', (tar) => void tar.entry({ name: 'a/../../x' }, 'x'), 'ARTIFACT_UNSAFE'],
    ['an absolute path', (tar) => void tar.entry({ name: '/etc/x' }, 'x'), 'ARTIFACT_UNSAFE'],
    ['a backslash', (tar) => void tar.entry({ name: 'a/..\\x' }, 'x'), 'ARTIFACT_UNSAFE'],
    [
      'a symbolic link',
      (tar) => void tar.entry({ name: 'a/l', type: 'symlink', linkname: '/etc/passwd' }),
      'ARTIFACT_UNSAFE',
    ],
    [
      'a hard link',
      (tar) => void tar.entry({ name: 'a/l', type: 'link', linkname: 'a/x' }),
      'ARTIFACT_UNSAFE',
    ],
    ['a device', (tar) => void tar.entry({ name: 'a/d', type: 'character-device' }), 'ARTIFACT_UNSAFE'],
    [
      'one name twice',
      (tar) => {
        tar.entry({ name: 'a/X' }, '1')
        tar.entry({ name: 'a/x' }, '2')
      },
      'ARTIFACT_UNSAFE',
    ],
    ['a file outside of the one folder', (tar) => void tar.entry({ name: 'x' }, 'x'), 'ARTIFACT_UNSAFE'],
  ])('%s is refused, and nothing is written outside', async (_, build, code) => {
    const directory = folder({ 'bad.tar.gz': await tarGz(build) })
    mkdirSync(join(directory, 'in', 'out'), { recursive: true })
    await expect(
      unpackArchive(join(directory, 'bad.tar.gz'), join(directory, 'in', 'out')),
    ).rejects.toMatchObject({ code })
    expect(readdirSync(directory).sort()).toEqual(['bad.tar.gz', 'in'])
    expect(readdirSync(join(directory, 'in'))).toEqual(['out'])
  })

  test('a bomb is refused before it is unpacked', async () => {
    const directory = folder({
      'bomb.tar.gz': await tarGz((tar) => void tar.entry({ name: 'a/zeros' }, Buffer.alloc(200 * 1024 ** 2))),
    })
    mkdirSync(join(directory, 'out'))
    await expect(unpackArchive(join(directory, 'bomb.tar.gz'), join(directory, 'out'))).rejects.toMatchObject(
      { code: 'ARTIFACT_UNSAFE' },
    )
    expect(statSync(join(directory, 'out', 'zeros')).size).toBeLessThan(100 * 1024 ** 2)
  })

  test('an archive that is cut off, or none at all, is damaged', async () => {
    const whole = await tarGz((tar) => void tar.entry({ name: 'a/x' }, Buffer.alloc(100_000, 'abc')))
    const directory = folder({ 'cut.tar.gz': whole.subarray(0, whole.length - 20), 'none.tar.gz': 'hello' })
    for (const name of ['cut', 'none']) {
      mkdirSync(join(directory, name))
      await expect(
        unpackArchive(join(directory, `${name}.tar.gz`), join(directory, name)),
      ).rejects.toMatchObject({ code: 'ARTIFACT_DAMAGED' })
    }
  })

  test('an entry of more bytes than it promises fails, and leaves no archive', async () => {
    const directory = folder()
    const [entry] = entries(['x', 'abc'])
    if (!entry) throw new Error('no entry')
    await expect(
      packArchive([{ ...entry, size: 2 }], join(directory, 'a.tar.gz'), { top: 't' }),
    ).rejects.toThrow()
    expect(readdirSync(directory)).toEqual([])
  })

  test('tar-stream and gunzip agree on what was packed', async () => {
    const directory = folder()
    await packArchive(entries(['a', '1'], ['b', '22']), join(directory, 'a.tar.gz'), { top: 't' })
    const names: string[] = []
    const tar = extract()
    Readable.from([gunzipSync(readFileSync(join(directory, 'a.tar.gz')))]).pipe(tar)
    for await (const entry of tar) {
      names.push(entry.header.name)
      entry.resume()
    }
    expect(names).toEqual(['t/a', 't/b'])
    expect(createGunzip).toBeDefined()
  })
})

describe('safe paths (row 67)', () => {
  test.each([
    '../x',
    '/x',
    'a/../../x',
    'a//b',
    './a',
    'a/.',
    '',
    'C:\\x',
    'c:/x',
    'a\\..\\x',
    'a\0b',
    '..',
    'a/..',
  ])('%j leaves the artifact', (path) => {
    expect(() => safeJoin('/base', path)).toThrow('leaves the artifact')
  })

  test('whatever the path, the result is inside or it throws', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('..', '.', '/', '\\', 'a', 'base', 'base-evil'))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        try {
          expect(safeJoin('/base', pieces.join('/')).startsWith('/base/')).toBe(true)
        } catch (error) {
          expect(error).toMatchObject({ code: 'ARTIFACT_UNSAFE' })
        }
      }),
    )
  })

  test('a name that begins alike is not inside', () => {
    expect([
      isInside('/a', '/a-b'),
      isInside('/a', '/a/b'),
      isInside('/a', '/a'),
      isInside('/a', '/a/..b'),
    ]).toEqual([false, true, true, true])
  })
})

describe('native files', () => {
  test("this process's own program is one for this platform", async () => {
    expect(await readNativeBinary(process.execPath)).toEqual({
      os: process.platform,
      arch: process.arch,
      libc: 'glibc',
    })
  })

  test.each([process.execPath, '/bin/sh', '/usr/bin/env'])(
    'what is read of %s says what all of it does',
    (path) => {
      expect(readElf(path)?.needed.length).toBeGreaterThan(0)
      expect(readElf(path)).toEqual(parseElf(readFileSync(path)))
    },
  )

  test('Node is linked with the C library that its report names', () => {
    const { header } = process.report.getReport() as { readonly header: { glibcVersionRuntime?: string } }
    const elf = readElf(process.execPath)
    expect(elf && libcOf(elf)).toEqual({ libc: header.glibcVersionRuntime ? 'glibc' : 'musl' })
  })

  const pe = Buffer.alloc(128)
  pe.write('MZ')
  pe.writeUInt32LE(64, 0x3c)
  pe.writeUInt32LE(0x4550, 64)
  pe.writeUInt16LE(0xaa64, 68)
  const macho = Buffer.alloc(64)
  macho.writeUInt32LE(0xfeedfacf, 0)
  macho.writeUInt32LE(0x0100000c, 4)
  test.each([
    ['a Windows library for arm64', pe, { os: 'win32', arch: 'arm64' }],
    ['a macOS library for arm64', macho, { os: 'darwin', arch: 'arm64' }],
    ['a text', Buffer.from('hello, world'.repeat(10)), undefined],
    ['nothing', Buffer.alloc(0), undefined],
  ])('%s is told from its headers', (_, bytes, expected) => {
    expect(parseNativeBinary(bytes)).toEqual(expected)
  })
})

test('a link to a folder is a folder to read from', async () => {
  const directory = folder({ 'real/x': '1' })
  symlinkSync(join(directory, 'real'), join(directory, 'link'))
  expect(existsSync(join(await settledDirectory(join(directory, 'link')), 'x'))).toBe(true)
})
