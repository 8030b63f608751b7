import {
  chmodSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HashCache } from '../../../src/files/index.ts'
import { createLayer, type Layer, type LayerEntry } from '../../../src/image/index.ts'
import { folder } from '../../helpers/folder.ts'
import { digestOfStream, fileEntry } from '../../helpers/layers.ts'

const names = ['a', 'b', 'c'] as const
type Edit = { readonly what: string; readonly run: (directory: string) => void }

const name = fc.constantFrom(...names)
const content = fc.constantFrom('one', 'two', 'six', 'longer than those')

/** What people and tools do to files, and what tries to hide it. */
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ name, content }).map(({ name, content }) => ({
    what: `${name} = ${content}`,
    run: (directory: string) => writeFileSync(join(directory, name), content),
  })),
  fc.record({ name, content }).map(({ name, content }) => ({
    what: `${name} = ${content}, with its old times`,
    run: (directory: string) => {
      const { atime, mtime } = statSync(join(directory, name))
      writeFileSync(join(directory, name), content)
      utimesSync(join(directory, name), atime, mtime)
    },
  })),
  fc.record({ from: name, to: name }).map(({ from, to }) => ({
    what: `${from} replaces ${to}, and comes back as "one"`,
    run: (directory: string) => {
      renameSync(join(directory, from), join(directory, to))
      if (from !== to) writeFileSync(join(directory, from), 'one')
    },
  })),
  fc.record({ from: name, to: name }).map(({ from, to }) => ({
    what: `${from} and ${to} are swapped`,
    run: (directory: string) => {
      renameSync(join(directory, from), join(directory, 'aside'))
      if (from !== to) renameSync(join(directory, to), join(directory, from))
      renameSync(join(directory, 'aside'), join(directory, to))
    },
  })),
  fc.record({ name, to: name }).map(({ name, to }) => ({
    what: `${name} is a link to a copy of ${to}`,
    run: (directory: string) => {
      const bytes = readFileSync(join(directory, to))
      writeFileSync(join(directory, `target-${to}`), bytes)
      rmSync(join(directory, name))
      symlinkSync(`target-${to}`, join(directory, name))
    },
  })),
  name.map((name) => ({
    what: `${name} may be executed`,
    run: (directory: string) => chmodSync(join(directory, name), 0o755),
  })),
  fc.record({ name, time: fc.constantFrom(1, 1e9, 4e9) }).map(({ name, time }) => ({
    what: `${name} says that it is of ${time}`,
    run: (directory: string) => utimesSync(join(directory, name), time, time),
  })),
)

test('no sequence of edits makes a layer from the caches differ from one without', async () => {
  const sequence = fc.array(edit, { minLength: 1, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(sequence, async (edits) => {
      const directory = folder({ a: 'one', b: 'two', c: 'six' })
      const cacheDirectory = folder()
      for (const { run } of edits) {
        await cachedLayer(directory, cacheDirectory)
        run(directory)
        const cached = await cachedLayer(directory, cacheDirectory)
        const fresh = await layerOf(directory, { cacheDirectory: folder(), hashCache: HashCache.none() })
        expect(cached.digest).toBe(fresh.digest)
        expect(await digestOfStream(cached.open())).toBe(fresh.digest)
      }
    }),
    { numRuns: 15 },
  )
})

test('the caches of the edits above are really asked', async () => {
  const [directory, cacheDirectory] = [folder({ a: 'one', b: 'two', c: 'six' }), folder()]
  await cachedLayer(directory, cacheDirectory)
  const hashCache = await HashCache.open(cacheDirectory)
  for (const name of names) expect(await hashCache.known(join(directory, name))).toBeDefined()
})

test('many builds at once share the caches', async () => {
  const [directory, cacheDirectory] = [folder({ a: 'one', b: 'two', c: 'x'.repeat(3e6) }), folder()]
  const layers = await Promise.all(Array.from({ length: 8 }, () => cachedLayer(directory, cacheDirectory)))
  const [first] = layers
  const digests = await Promise.all(layers.map((layer) => digestOfStream(layer.open())))
  expect(new Set([...digests, ...layers.map(({ digest }) => digest)])).toEqual(new Set([first?.digest]))
})

/** With the caches as an earlier process left them; even files that were only just written are remembered. */
async function cachedLayer(directory: string, cacheDirectory: string): Promise<Layer> {
  const hashCache = await HashCache.open(cacheDirectory)
  const layer = await layerOf(directory, { cacheDirectory, hashCache })
  for (const name of names) {
    const { sha256 } = await hashCache.hash(join(directory, name))
    await hashCache.remember(join(directory, name), sha256, { probe: cacheDirectory })
  }
  await hashCache.save()
  return layer
}

function layerOf(
  directory: string,
  options: { readonly cacheDirectory: string; readonly hashCache: HashCache },
): Promise<Layer> {
  const entries: LayerEntry[] = names.map((name) => {
    const path = join(directory, name)
    const isExecutable = !lstatSync(path).isSymbolicLink() && (statSync(path).mode & 0o100) !== 0
    return { ...fileEntry(name, path), mode: isExecutable ? 0o755 : 0o644 }
  })
  return createLayer({ title: 'component', entries, compression: 'gzip' }, options)
}
