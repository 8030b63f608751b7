import {
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { cacheKinds, servedPrefix } from '../../src/builders/cache/cache-kinds.ts'
import { listCache, pruneCache, verifyCache } from '../../src/builders/index.ts'
import { FlambeError } from '../../src/errors.ts'
import { ownerMark, replaceDirectory, sha256 } from '../../src/files/index.ts'
import { writeAnswer } from '../../src/types/record.ts'
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
    for (const path of [blob('a layer'), 'unpacked/a/flambe.json', 'unpacked/a/b', 'unpacked/a'])
      utimesSync(join(directory, path), old, old)
    expect(await pruneCache(directory, { unusedFor: 30 * day })).toEqual({ entries: 2, bytes: 14 })
    expect(existsSync(join(directory, 'unpacked/a'))).toBe(false)
    expect(existsSync(join(directory, 'layers/abc.json'))).toBe(true)
  })

  test('leaves a folder of which a file was read lately', async () => {
    const directory = folder(content)
    const old = new Date(Date.now() - 40 * day)
    for (const path of ['unpacked/a/flambe.json', 'unpacked/a']) utimesSync(join(directory, path), old, old)
    expect(await pruneCache(directory, { unusedFor: 30 * day })).toEqual({ entries: 0, bytes: 0 })
  })

  test('takes a folder as a whole: nobody finds half of it', async () => {
    const names = Array.from({ length: 500 }, (_, n) => `extensions/e/${n}`)
    const directory = folder(Object.fromEntries(names.map((name) => [name, ''])))
    const isThere = (path: string) => existsSync(join(directory, path))
    let halves = 0
    let isDone = false
    const pruning = pruneCache(directory, { unusedFor: 0 }).finally(() => {
      isDone = true
    })
    while (!isDone) {
      if (!names.every(isThere) && isThere('extensions/e')) halves++
      await setImmediate()
    }
    expect(await pruning).toMatchObject({ entries: 1 })
    expect(halves).toBe(0)
  })

  test('takes what nobody finished, once nobody writes to it', async () => {
    const directory = folder({ 'downloads/1-2-a.tar.gz': 'half', [`${blob('a')}.0-0.left.partial`]: 'half' })
    const inTwoHours = () => Date.now() + 2 * 3600_000
    expect(await pruneCache(directory, { unusedFor: 0 })).toEqual({ entries: 0, bytes: 0 })
    expect(await pruneCache(directory, { unusedFor: 0, now: inTwoHours })).toEqual({ entries: 2, bytes: 8 })
  })

  test('leaves the component that a process serves, and takes that of one that is gone', async () => {
    const [ours, gone] = [servedPrefix(ownerMark()), servedPrefix('0-0')].map((prefix) => `${prefix}a`)
    const directory = folder({ [`served/${ours}/flambe.json`]: '{}', [`served/${gone}/flambe.json`]: '{}' })
    expect(await pruneCache(directory, { unusedFor: 0 })).toMatchObject({ entries: 1 })
    expect(readdirSync(join(directory, 'served'))).toEqual([ours])
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
      checked: 7,
      removed: [blob('another'), 'layers/def.json', 'unpacked/a'].map((path) => join(directory, path)).sort(),
    })
    expect(await verifyCache(directory)).toEqual({ checked: 4, removed: [] })
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

describe('while others use the cache, a check', () => {
  test('leaves what the compiler said of types', async () => {
    const directory = folder()
    const path = join(directory, 'types', 'a.json')
    await writeAnswer(path, { inputs: { own: {}, others: {}, absent: [] }, classes: {}, notices: [] })
    expect(await verifyCache(directory)).toEqual({ checked: 1, removed: [] })
    writeFileSync(path, readFileSync(path, 'utf8').replace('classes', 'Classes'))
    expect(await verifyCache(directory)).toEqual({ checked: 1, removed: [path] })
  })

  test.each(['verify', 'prune'])('and a removal of all leave what is being made: %s', async (command) => {
    const directory = folder({
      'layers/a.json.7f': '{"dig',
      'traces/a.json.12.tmp': '',
      's3/a/code/index.mjs': 'half',
      [`${blob('a')}.12-34.x.partial`]: 'half',
    })
    const before = globSync('**/*', { cwd: directory })
    const target = join(directory, 'unpacked', 'a')
    await replaceDirectory(target, async (temporary) => {
      await writeEngine(temporary)
      rmSync(join(temporary, 'flambe.json'))
      if (command === 'verify') expect(await verifyCache(directory)).toEqual({ checked: 0, removed: [] })
      else expect(await pruneCache(directory, { unusedFor: 0 })).toEqual({ entries: 0, bytes: 0 })
      writeFileSync(join(temporary, 'flambe.json'), '{}')
    })
    expect(existsSync(join(target, 'flambe.json'))).toBe(true)
    expect(globSync('**/*', { cwd: directory })).toEqual(expect.arrayContaining(before))
  })

  test('leaves the good one that was put there while it read the damaged one', async () => {
    const directory = folder({ [blob('good')]: 'bad' })
    const path = join(directory, blob('good'))
    const signal = signalOf(2, () => {
      writeFileSync(`${path}.next`, 'good')
      renameSync(`${path}.next`, path)
    })
    expect(await verifyCache(directory, { signal })).toEqual({ checked: 1, removed: [] })
    expect(readFileSync(path, 'utf8')).toBe('good')
    expect(readdirSync(join(path, '..'))).toEqual([basename(path)])
  })

  test('takes what vanishes for no damage, and goes on', async () => {
    const directory = folder({ [blob('a')]: 'a', [blob('b')]: 'bad' })
    const signal = signalOf(1, () => rmSync(join(directory, blob('a'))))
    const { removed } = await verifyCache(directory, { signal })
    expect(removed).toEqual([join(directory, blob('b'))])
  })
})

/** A signal that never is, and does something the nth time that it is asked. */
function signalOf(nth: number, act: () => void): AbortSignal {
  const { signal } = new AbortController()
  let asked = 0
  const throwIfAborted = () => {
    if (++asked === nth) act()
  }
  return Object.defineProperty(signal, 'throwIfAborted', { value: throwIfAborted })
}
