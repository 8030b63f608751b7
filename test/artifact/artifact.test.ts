import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  checkDestination,
  load,
  openArtifact,
  parseManifest,
  save,
  writeArtifact,
} from '../../src/artifact/index.ts'
import { encodeState, readState } from '../../src/construct/index.ts'
import { HashCache } from '../../src/files/index.ts'
import { Component } from '../../src/index.ts'
import type { ProgressEvent } from '../../src/progress.ts'
import { type Engine, engineConfig, Leaf, leafConfig, writeEngine } from '../helpers/artifact.ts'
import { folder } from '../helpers/folder.ts'

const weights = (engine: Engine) =>
  [engine.model, ...engine.extras, ...Object.values(engine.table), engine.made].map(({ weight }) => [
    ...weight,
  ])
const expected = [[1, 1], [2], [3, 3, 3], [4, 4, 4, 4], [5]]

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort()
}

function digestOf(directory: string): string {
  const hash = createHash('sha256')
  for (const path of filesIn(directory)) hash.update(path).update(readFileSync(join(directory, path)))
  return hash.digest('hex')
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('writing', () => {
  test('the documented files are there, for the root and for every component in it (row 26)', async () => {
    const directory = folder()
    await writeEngine(join(directory, 'out'))
    expect(filesIn(join(directory, 'out'))).toEqual([
      'code/ext/index.js',
      'code/ext/package.json',
      'config.yaml',
      'extras/0/flambe.json',
      'extras/0/state.safetensors',
      'extras/1/flambe.json',
      'extras/1/state.safetensors',
      'flambe.json',
      'made/flambe.json',
      'made/state.safetensors',
      'model/flambe.json',
      'model/state.safetensors',
      'spec.yaml',
      'table/a/flambe.json',
      'table/a/state.safetensors',
    ])
    expect(readFileSync(join(directory, 'out', 'spec.yaml'), 'utf8')).toBe('# the spec\n!B\n')
  })

  test('parents are made, an empty folder is taken, and a trailing slash is fine (row 41)', async () => {
    const directory = folder()
    mkdirSync(join(directory, 'empty'))
    await writeEngine(join(directory, 'a', 'b', 'out/'))
    await writeEngine(join(directory, 'empty'))
    expect(filesIn(join(directory, 'empty'))).toEqual(filesIn(join(directory, 'a', 'b', 'out')))
  })

  test('a folder that holds something is refused in the words of the original (row 42)', async () => {
    const directory = folder({ 'out/x': '' })
    const out = join(directory, 'out')
    await expect(writeEngine(out)).rejects.toMatchObject({
      code: 'DESTINATION_NOT_EMPTY',
      message: `Destination ${out} folder is not empty. Use --force to force the usage of this folder or pick another destination.`,
    })
    expect(readdirSync(out)).toEqual(['x'])
  })

  test('force replaces an artifact as a whole: no stale part stays (row 43)', async () => {
    const directory = folder()
    await writeEngine(join(directory, 'out'))
    await writeEngine(join(directory, 'fresh'), { config: engineConfig({ extras: [] }) })
    await writeEngine(join(directory, 'out'), { config: engineConfig({ extras: [] }), force: true })
    expect(digestOf(join(directory, 'out'))).toBe(digestOf(join(directory, 'fresh')))
    expect(readdirSync(directory).sort()).toEqual(['fresh', 'out'])
  })

  test('force never deletes what is no artifact (row 43)', async () => {
    const directory = folder({ 'out/precious.txt': 'x' })
    await expect(writeEngine(join(directory, 'out'), { force: true })).rejects.toMatchObject({
      code: 'DESTINATION_INVALID',
    })
    expect(readFileSync(join(directory, 'out', 'precious.txt'), 'utf8')).toBe('x')
  })

  test('a destination that is a file is refused, with force too (row 44)', async () => {
    const directory = folder({ out: 'x' })
    for (const force of [false, true]) {
      await expect(writeEngine(join(directory, 'out'), { force })).rejects.toMatchObject({
        code: 'DESTINATION_INVALID',
      })
    }
    expect(readFileSync(join(directory, 'out'), 'utf8')).toBe('x')
  })

  test('an existing archive is refused without force (row 29)', async () => {
    const directory = folder({ 'out.tar.gz': 'x' })
    await expect(writeEngine(join(directory, 'out'), { compress: true })).rejects.toMatchObject({
      code: 'DESTINATION_NOT_EMPTY',
    })
    await writeEngine(join(directory, 'out'), { compress: true, force: true })
    expect(weights((await load(join(directory, 'out.tar.gz'))) as Engine)).toEqual(expected)
  })

  test('the same object gives the same bytes, as a folder and as an archive', async () => {
    const directory = folder()
    await writeEngine(join(directory, 'a'))
    await writeEngine(join(directory, 'b'))
    expect(digestOf(join(directory, 'a'))).toBe(digestOf(join(directory, 'b')))
    await writeEngine(join(directory, 'one', 'x'), { compress: true })
    await writeEngine(join(directory, 'two', 'x/'), { compress: true })
    expect(digestOf(join(directory, 'one'))).toBe(digestOf(join(directory, 'two')))
    expect(filesIn(join(directory, 'two'))).toEqual(['x.tar.gz'])
  })

  test('a file asset travels, two of one name too, and an unchanged one is not read again', async () => {
    const big = Buffer.alloc(3_000_000, 'w')
    const directory = folder({ 'a/w.bin': big, 'b/w.bin': 'other' })
    const config = engineConfig({ file: { $file: join(directory, 'a', 'w.bin') }, table: {}, extras: [] })
    const hashCache = await HashCache.open(join(directory, 'cache'))
    const out = join(directory, 'out')
    await writeEngine(out, { config, hashCache })
    expect(readFileSync(join(out, 'assets', 'w.bin'))).toEqual(big)
    const before = digestOf(out)
    await writeEngine(out, { config, hashCache, force: true })
    expect(digestOf(out)).toBe(before)
    writeFileSync(join(directory, 'a', 'w.bin'), Buffer.alloc(3_000_000, 'v'))
    expect(readFileSync(join(out, 'assets', 'w.bin'))).toEqual(big)
    await writeEngine(out, { config, hashCache, force: true })
    expect(readFileSync(join(out, 'assets', 'w.bin'), 'latin1').slice(0, 3)).toBe('vvv')
    const loaded = (await load(out)) as Engine
    expect(loaded.file).toBe(join(out, 'assets', 'w.bin'))
  })

  test('a source that is missing leaves nothing (row 30)', async () => {
    const directory = folder({ 'w.bin': 'x' })
    const config = engineConfig({ file: { $file: join(directory, 'nope.bin') } })
    await expect(writeEngine(join(directory, 'new', 'out'), { config })).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
    })
    expect(readdirSync(directory)).toEqual(['w.bin'])
  })

  test('a destination is checked without writing anything (row 42)', async () => {
    const directory = folder({ 'out/x': '' })
    await expect(checkDestination(join(directory, 'out'), { force: false })).rejects.toMatchObject({
      code: 'DESTINATION_NOT_EMPTY',
    })
    await checkDestination(join(directory, 'new'), { force: false })
    expect(readdirSync(directory)).toEqual(['out'])
  })
})

describe('loading', () => {
  test.each([
    ['folder', false, 'out'],
    ['archive', true, 'out.tar.gz'],
  ])(
    'a %s comes back with config and state, in lists and mappings too (row 25, row 28)',
    async (_, compress, name) => {
      const directory = folder()
      await writeEngine(join(directory, 'out'), { compress })
      const engine = (await load(join(directory, name))) as Engine
      expect(weights(engine)).toEqual(expected)
      expect(engine.predict({ x: 2 })).toEqual({ y: 2 })
    },
  )

  test('a moved artifact loads (row 39)', async () => {
    const directory = folder()
    await writeEngine(join(directory, 'out'))
    mkdirSync(join(directory, 'else'))
    renameSync(join(directory, 'out'), join(directory, 'else', 'where'))
    expect(weights((await load(join(directory, 'else', 'where'))) as Engine)).toEqual(expected)
  })

  test.each([
    ['an argument', 'model', [1, 1]],
    ['one in a list', 'extras/1', [3, 3, 3]],
    ['one in a mapping', 'table/a', [4, 4, 4, 4]],
    ['one that the constructor made', 'made', [5]],
  ])('a part loads by its own folder: %s (row 27)', async (_, path, weight) => {
    const directory = folder()
    await writeEngine(join(directory, 'out'))
    const leaf = (await load(join(directory, 'out', path))) as Leaf
    expect([...leaf.weight]).toEqual(weight)
    const again = (await load(join(directory, 'out'), { node: path })) as Leaf
    expect([...again.weight]).toEqual(weight)
  })

  test('a shared instance stays one (row 16)', async () => {
    const directory = folder()
    await writeEngine(join(directory, 'out'), {
      config: engineConfig({ model: leafConfig(2, 's'), extras: [{ $ref: 's' }], table: {} }),
    })
    const engine = (await load(join(directory, 'out'))) as Engine
    expect(engine.extras[0]).toBe(engine.model)
    const alone = (await load(join(directory, 'out', 'extras', '0'))) as Leaf
    expect(alone.weight.length).toBe(2)
  })

  test('files beside those of the manifest are ignored (row 33)', async () => {
    const directory = folder()
    await writeEngine(join(directory, 'out'))
    mkdirSync(join(directory, 'out', '.git'))
    writeFileSync(join(directory, 'out', 'notes.txt'), 'x')
    expect(weights((await load(join(directory, 'out'))) as Engine)).toEqual(expected)
  })

  test.each<[string, (out: string) => void, string]>([
    [
      'missing',
      (out) => rmSync(join(out, 'model', 'state.safetensors')),
      'model/state.safetensors is missing',
    ],
    [
      'cut off',
      (out) => truncateSync(join(out, 'model', 'state.safetensors'), 20),
      'model/state.safetensors is cut off',
    ],
    ['longer', (out) => appendFileSync(join(out, 'spec.yaml'), 'x'), 'spec.yaml is altered'],
    ['altered', (out) => writeFileSync(join(out, 'spec.yaml'), '# The spec\n!B\n'), 'spec.yaml is altered'],
  ])('a file that is %s is named (row 34)', async (_, damage, message) => {
    const directory = folder()
    await writeEngine(join(directory, 'out'))
    damage(join(directory, 'out'))
    await expect(load(join(directory, 'out'))).rejects.toMatchObject({
      code: 'ARTIFACT_DAMAGED',
      message: expect.stringContaining(message),
    })
  })

  test('the class as it is now takes the saved config and state; another class is refused (row 10)', async () => {
    const directory = folder()
    const leaf = Leaf.create({ size: 3 })
    leaf.weight.fill(7)
    await leaf.save(join(directory, 'leaf'))
    const back = await Leaf.loadFromPath(join(directory, 'leaf'))
    expect(back).toBeInstanceOf(Leaf)
    expect([...back.weight]).toEqual([7, 7, 7])
    class Other extends Component {}
    await expect(Other.loadFromPath(join(directory, 'leaf'))).rejects.toMatchObject({
      code: 'COMPONENT_INVALID',
      message: 'the artifact holds a Leaf, and not a Other',
    })
  })

  test('what holds no code says how to load it, and installs nothing (row 36)', async () => {
    const directory = folder()
    await Leaf.create({ size: 1 }).save(join(directory, 'leaf'))
    await expect(load(join(directory, 'leaf'))).rejects.toMatchObject({
      code: 'ARTIFACT_UNSUPPORTED',
      hint: expect.stringContaining('Leaf.loadFromPath'),
    })
  })

  test('an object that plain code made has no config: loading says so (row 38)', async () => {
    const directory = folder()
    await save(new Leaf({ size: 1 }), join(directory, 'leaf'))
    await expect(Leaf.loadFromPath(join(directory, 'leaf'))).rejects.toMatchObject({
      code: 'ARTIFACT_UNSUPPORTED',
      message: expect.stringContaining('only its state can be loaded'),
    })
  })

  const leafOf = (version: string) =>
    class Leaf extends Component {
      static override readonly version = version
      static override readonly state = ['weight']
      weight = new Float32Array(1)
    }
  test.each([
    ['2.0.0', 'VERSION_MISMATCH', []],
    ['1.1.0', undefined, ['warning']],
    ['1.0.1', undefined, ['notice']],
    ['1.0.0', undefined, []],
  ])('a class of version %s takes state of 1.0.0 so (row 32)', async (version, code, told) => {
    const directory = folder()
    await Leaf.create({ size: 1 }).save(join(directory, 'leaf'))
    const events: ProgressEvent[] = []
    const loading = leafOf(version).loadFromPath(join(directory, 'leaf'), {
      progress: (event) => events.push(event),
    })
    if (code) await expect(loading).rejects.toMatchObject({ code })
    else expect([...(await loading).weight]).toEqual([0])
    expect(events.map(({ type }) => type)).toEqual(told)
  })

  test('a later format is refused, naming both (row 31)', () => {
    const bytes = new TextEncoder().encode('{"format": 2}')
    expect(() => parseManifest(bytes, { file: 'x/flambe.json' })).toThrow(
      'x/flambe.json has format 2, and this version of flambe reads formats up to 1',
    )
  })

  const manifest = () => ({
    format: 1,
    flambe: '0',
    name: 'n',
    root: { $type: 'X', args: {} },
    nodes: { '': {} },
    classes: {},
    code: {},
    dependencies: [],
    files: [] as object[],
  })
  const file = { path: 'a', size: 1, sha256: '0'.repeat(64) }
  test.each([
    ['no JSON', '{', 'ARTIFACT_DAMAGED', 'is not JSON'],
    ['a list', '[]', 'ARTIFACT_DAMAGED', 'no mapping'],
    ['no format', '{}', 'ARTIFACT_DAMAGED', '"format"'],
    [
      'nodes without a root',
      JSON.stringify({ ...manifest(), nodes: {} }),
      'ARTIFACT_DAMAGED',
      '"nodes" has no root',
    ],
    [
      'a digest that is none',
      JSON.stringify({ ...manifest(), files: [{ ...file, sha256: 'x' }] }),
      'ARTIFACT_DAMAGED',
      '"files"',
    ],
    [
      'a negative size',
      JSON.stringify({ ...manifest(), files: [{ ...file, size: -1 }] }),
      'ARTIFACT_DAMAGED',
      '"files"',
    ],
    [
      'a path that leaves',
      JSON.stringify({ ...manifest(), files: [{ ...file, path: '../x' }] }),
      'ARTIFACT_UNSAFE',
      '../x',
    ],
    [
      'code that leaves',
      JSON.stringify({ ...manifest(), code: { e: { entry: '/etc/x.js' } } }),
      'ARTIFACT_UNSAFE',
      '/etc/x.js',
    ],
    [
      'state that leaves',
      JSON.stringify({ ...manifest(), nodes: { '': { tensors: '../../x' } } }),
      'ARTIFACT_UNSAFE',
      '../../x',
    ],
  ])('a manifest with %s is refused (row 34, row 67)', (_, text, code, message) => {
    const parse = () => parseManifest(new TextEncoder().encode(text), { file: 'f' })
    expect(parse).toThrow(message)
    expect(parse).toThrow(expect.objectContaining({ code }))
  })

  test.each([
    ['a folder that is not there', 'nope', 'does not exist locally'],
    ['a folder without a manifest', '.', 'is no artifact'],
    ['another scheme', 'ftp://x/y', 'is not a place that flambe can load from'],
  ])('%s: its own message (row 40)', async (_, place, message) => {
    const location = place.includes('://') ? place : join(folder({ x: '' }), place)
    await expect(load(location)).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      message: expect.stringContaining(message),
    })
  })
})

describe('a path that is no artifact', () => {
  test.each([
    ['names the artifacts in it', 'out', /^did you mean .*out\/a or .*out\/b\?$/],
    ['names those beside the one that is missing', 'out/c', /^did you mean .*out\/a or .*out\/b\?$/],
    ['says what one looks like where there is none', 'empty', /^check the path: .*flambe\.json/],
  ])('%s', async (_, path, hint) => {
    const files = { 'out/a/flambe.json': '', 'out/b/flambe.json': '', 'out/x/file': '', 'empty/x': '' }
    await expect(load(join(folder(files), path))).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      hint: expect.stringMatching(hint),
    })
  })
})

test.each([false, true])(
  'an altered artifact is not copied on as if it were whole (compress: %s)',
  async (compress) => {
    const directory = folder()
    await writeEngine(join(directory, 'out'))
    appendFileSync(join(directory, 'out', 'spec.yaml'), '# altered')
    const altered = await openArtifact(join(directory, 'out'))
    const options = { compress, hashCache: HashCache.none() }
    await expect(writeArtifact(altered, join(directory, 'copy'), options)).rejects.toMatchObject({
      code: 'ARTIFACT_DAMAGED',
      message: expect.stringContaining('spec.yaml is altered'),
    })
    expect(readdirSync(directory)).toEqual(['out'])
  },
)

describe('where an archive is unpacked', () => {
  const script = `import { load } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)}
await load(process.argv[1])
console.log('loaded')
process.stdin.resume()`
  /** A process that has loaded it, and ends when its input does. */
  const loaded = async (archive: string, env: Readonly<Record<string, string>>): Promise<ChildProcess> => {
    const args = ['--input-type=module', '-e', script, archive]
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    return child
  }
  const ended = async (child: ChildProcess, signal?: NodeJS.Signals) => {
    if (signal) child.kill(signal)
    else child.stdin?.end()
    await once(child, 'exit')
  }

  test('it is the cache, once a digest, for whoever names no other folder', async () => {
    const directory = folder()
    await writeEngine(join(directory, 'out'), { compress: true })
    const archive = join(directory, 'out.tar.gz')
    const env = { FLAMBE_CACHE_DIR: join(directory, 'cache'), TMPDIR: folder() }
    for (let turn = 0; turn < 2; turn++) await ended(await loaded(archive, env))
    expect(readdirSync(join(env.FLAMBE_CACHE_DIR, 'unpacked'))).toEqual([
      createHash('sha256').update(readFileSync(archive)).digest('hex'),
    ])
    expect(readdirSync(env.TMPDIR)).toEqual([])
  })

  test('without a cache it is a folder that goes with the process; what a killed one left goes with the next', async () => {
    const directory = folder({ file: '' })
    await writeEngine(join(directory, 'out'), { compress: true })
    const archive = join(directory, 'out.tar.gz')
    const env = { FLAMBE_CACHE_DIR: join(directory, 'file', 'cache'), TMPDIR: folder() }
    const first = await loaded(archive, env)
    const left = readdirSync(env.TMPDIR)
    expect(left).toHaveLength(1)
    await ended(await loaded(archive, env))
    expect(readdirSync(env.TMPDIR)).toEqual(left)
    await ended(first, 'SIGTERM')
    expect(readdirSync(env.TMPDIR)).toEqual(left)
    await ended(await loaded(archive, env))
    expect(readdirSync(env.TMPDIR)).toEqual([])
  })
})

describe('loading over HTTP (row 40)', () => {
  test('an archive loads, and the cache holds no half of it', async () => {
    const directory = folder()
    await writeEngine(join(directory, 'out'), { compress: true })
    const url = await serve((_, response) => response.end(readFileSync(join(directory, 'out.tar.gz'))))
    const cacheDirectory = join(directory, 'cache')
    expect(weights((await load(`${url}/e.tar.gz`, { cacheDirectory })) as Engine)).toEqual(expected)
    expect(readdirSync(join(cacheDirectory, 'downloads'))).toEqual([])
    const { directory: unpacked } = await openArtifact(`${url}/e.tar.gz`, { cacheDirectory })
    expect(existsSync(join(unpacked, 'flambe.json'))).toBe(true)
  })

  test.each([
    [404, 'ARTIFACT_NOT_FOUND', 'there is nothing (404)'],
    [403, 'DENIED', 'may not be read (403)'],
    [500, 'UNAVAILABLE', 'the server answered 500'],
  ])('a server that answers %i: %s', async (status, code, message) => {
    const url = await serve((_, response) => response.writeHead(status).end())
    await expect(load(`${url}/e.tar.gz?secret=1`)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    })
    await expect(load(`${url}/e.tar.gz?secret=1`)).rejects.not.toMatchObject({
      message: expect.stringContaining('secret'),
    })
  })

  test('a server that is not there', async () => {
    await expect(load('http://127.0.0.1:9/e.tar.gz')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  test('a download that breaks off leaves nothing', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('x', () => response.destroy())
    })
    const cacheDirectory = folder()
    await expect(load(`${url}/e.tar.gz`, { cacheDirectory })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(readdirSync(join(cacheDirectory, 'downloads'))).toEqual([])
  })
})

test('loading state runs no code: what the state file says is data (row 67)', async () => {
  const directory = folder()
  await writeEngine(join(directory, 'out'))
  const { values } = encodeState({ weight: { $: 'function', of: 'process.exit(1)' } })
  expect(Buffer.concat([...(values ?? [])]).toString()).toContain('$$')
  cpSync(join(directory, 'out'), join(directory, 'copy'), { recursive: true })
  const engine = (await load(join(directory, 'copy'))) as Engine
  expect(readState(engine.model)).toEqual({ weight: Float32Array.of(1, 1) })
})
