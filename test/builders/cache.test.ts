import { existsSync, globSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cacheKinds } from '../../src/builders/cache/cache-kinds.ts'
import { listCache, pruneCache, verifyCache } from '../../src/builders/index.ts'
import { FlambeError } from '../../src/errors.ts'
import { sha256 } from '../../src/files/index.ts'
import { writeEngine } from '../helpers/artifact.ts'
import { folder } from '../helpers/folder.ts'

const day = 24 * 3600_000
const blob = (text: string) => `blobs/sha256/${sha256(text)}`

const content = {
  [blob('a layer')]: 'a layer',
  'layers/abc.json': '{"digest":"sha256:0"}',
  'registry/known/1.json': '{}',
  'hashes.json': '{}',
  'unpacked/a/flambe.json': '{}',
  'unpacked/a/b': '12345',
  'tomorrow/x': '1',
}

describe('what the cache holds', () => {
  test('is told by kind, with what nobody knows', async () => {
    const usage = await listCache(folder(content))
    expect(usage.map(({ name, entries, bytes }) => [name, entries, bytes])).toEqual([
      ['blobs', 1, 7],
      ['hashes.json', 1, 2],
      ['layers', 1, 21],
      ['registry', 1, 2],
      ['tomorrow', 1, 1],
      ['unpacked', 1, 7],
    ])
  })

  test('is of a known kind, whoever puts it there', () => {
    const sources = globSync('src/**/*.ts').map((path) => readFileSync(path, 'utf8'))
    const put = sources.flatMap((text) => [...text.matchAll(/join\((?:\w+\.)?cacheDirectory, '([^']+)'/g)])
    const names = new Set(put.map(([, name]) => name))
    expect([...names].filter((name) => !cacheKinds.some((kind) => kind.name === name))).toEqual([])
    expect(names).toContain('served')
  })

  test('is nothing where there is no cache', async () => {
    expect(await listCache(join(folder(), 'none'))).toEqual([])
  })
})

describe('pruning', () => {
  test('removes what was not used for so long, folders as a whole', async () => {
    const directory = folder(content)
    const old = new Date(Date.now() - 40 * day)
    for (const path of [blob('a layer'), 'unpacked/a']) utimesSync(join(directory, path), old, old)
    expect(await pruneCache(directory, { unusedFor: 30 * day })).toEqual({ entries: 2, bytes: 14 })
    expect(existsSync(join(directory, 'unpacked/a'))).toBe(false)
    expect(existsSync(join(directory, 'layers/abc.json'))).toBe(true)
  })

  test('of all leaves nothing', async () => {
    const directory = folder(content)
    expect(await pruneCache(directory, { unusedFor: 0 })).toMatchObject({ entries: 6 })
    expect((await listCache(directory)).reduce((sum, { entries }) => sum + entries, 0)).toBe(0)
  })
})

describe('a check of the cache', () => {
  test('removes what is not what its name or its manifest says, and nothing else', async () => {
    const directory = folder(content)
    const put = (path: string, text: string) => writeFileSync(join(directory, path), text)
    put(blob('a layer').replace(/$/, '.0-0.left.partial'), 'half')
    put(blob('another'), 'not it')
    put('layers/def.json', '{"digest":')
    expect(await verifyCache(directory)).toEqual({
      checked: 8,
      removed: [blob('another'), 'layers/def.json', 'unpacked/a'].map((path) => join(directory, path)).sort(),
    })
    expect(await verifyCache(directory)).toEqual({ checked: 5, removed: [] })
  })

  test('that is interrupted has found no damage', async () => {
    const directory = folder()
    const artifact = join(directory, 'unpacked', 'a')
    await writeEngine(artifact)
    const controller = new AbortController()
    const { signal } = controller
    // In the middle of the first thing.
    let asked = 0
    const throwIfAborted = () => {
      if (++asked === 2) controller.abort(new FlambeError('INTERRUPTED', 'interrupted by SIGINT'))
      AbortSignal.prototype.throwIfAborted.call(signal)
    }
    Object.defineProperty(signal, 'throwIfAborted', { value: throwIfAborted })
    await expect(verifyCache(directory, { signal })).rejects.toMatchObject({ code: 'INTERRUPTED' })
    expect(existsSync(join(artifact, 'flambe.json'))).toBe(true)
  })

  test('leaves an artifact of which only a part is there, and takes one with an altered file', async () => {
    const directory = folder()
    const at = (path: string) => join(directory, 's3', path)
    for (const name of ['whole', 'part', 'altered']) await writeEngine(at(name))
    rmSync(at('part/state.safetensors'), { force: true })
    rmSync(at('part/code'), { recursive: true })
    writeFileSync(at('altered/spec.yaml'), '# the SPEC\n!B\n')
    expect(await verifyCache(directory)).toEqual({ checked: 3, removed: [at('altered')] })
  })
})
