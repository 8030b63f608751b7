import { chmodSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HashCache } from '../../../src/files/index.ts'
import { createLayer } from '../../../src/image/index.ts'
import { folder } from '../../helpers/folder.ts'
import { fileEntry } from '../../helpers/layers.ts'

const names = ['a', 'b', 'linked'] as const

/** What people, editors and tools do to files, and what fools those who look at times and sizes alone. */
const edits: Readonly<Record<string, (file: string, text: string) => void>> = {
  'rewrites it with the same size and time': (file, text) => {
    const { size, atime, mtime } = statSync(file)
    writeFileSync(file, text.repeat(size).slice(0, size))
    utimesSync(file, atime, mtime)
  },
  'rewrites it with the same size': (file, text) => {
    writeFileSync(file, text.repeat(9).slice(0, statSync(file).size))
  },
  'writes another size': (file, text) => writeFileSync(file, `${text}${text}!`),
  'puts a new file in its place, with the old time': (file, text) => {
    const { size, atime, mtime } = statSync(file)
    writeFileSync(`${file}.new`, text.repeat(size).slice(0, size))
    utimesSync(`${file}.new`, atime, mtime)
    renameSync(`${file}.new`, file)
  },
  'removes it and writes it again': (file, text) => {
    rmSync(file)
    writeFileSync(file, text)
  },
  'turns it into a link to another file': (file, text) => {
    writeFileSync(`${file}.target-${text}`, text)
    rmSync(file)
    symlinkSync(`${file}.target-${text}`, file)
  },
  'changes its mode': (file) => chmodSync(file, (statSync(file).mode & 0o777) ^ 0o100),
  'dates it into the future': (file) => utimesSync(file, 4e9, 4e9),
  'dates it into the past': (file) => utimesSync(file, 1, 1),
  'leaves it alone': () => {},
}

test('no sequence of edits makes a layer from the caches differ from one without', async () => {
  const edit = fc.record({
    name: fc.constantFrom(...names),
    kind: fc.constantFrom(...Object.keys(edits)),
    text: fc.constantFrom('x', 'y', 'zz'),
  })
  const property = fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async (sequence) => {
    const [directory, cacheDirectory] = [folder({ a: 'one', b: 'two', 'real/c': 'three' }), folder()]
    symlinkSync(join('real', 'c'), join(directory, 'linked'))
    for (const { name, kind, text } of [{ name: 'a', kind: 'leaves it alone', text: '' }, ...sequence]) {
      edits[kind]?.(join(directory, name), text)
      const hashCache = await HashCache.open(cacheDirectory)
      const cached = await layerOf(directory, { cacheDirectory, hashCache })
      const plain = await layerOf(directory, { cacheDirectory: folder(), hashCache: HashCache.none() })
      expect(cached.digest).toBe(plain.digest)
      await rememberAll(directory, hashCache)
    }
  })
  await fc.assert(property, { numRuns: 20 })
}, 60_000)

test('builds at the same time share the caches, and each is what it would be alone', async () => {
  const [directory, cacheDirectory] = [folder({ a: 'one', b: 'two', linked: 'three' }), folder()]
  const alone = await layerOf(directory, { cacheDirectory: folder(), hashCache: HashCache.none() })
  const together = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const hashCache = await HashCache.open(cacheDirectory)
      const { digest } = await layerOf(directory, { cacheDirectory, hashCache })
      await rememberAll(directory, hashCache)
      return digest
    }),
  )
  expect(new Set(together)).toEqual(new Set([alone.digest]))
  const after = await HashCache.open(cacheDirectory)
  for (const name of names) expect(after.known(join(directory, name))).toBeDefined()
})

function layerOf(directory: string, options: Parameters<typeof createLayer>[1]) {
  const entries = names.map((name) => fileEntry(name, join(directory, name)))
  return createLayer({ title: 'component', entries, compression: 'gzip' }, options)
}

/** As a build does that comes seconds after the edit, without the seconds. */
async function rememberAll(directory: string, hashCache: HashCache): Promise<void> {
  for (const name of names) {
    const { sha256 } = await hashCache.hash(join(directory, name))
    await hashCache.remember(join(directory, name), sha256, { probe: directory })
  }
  await hashCache.save()
}
