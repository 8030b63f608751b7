import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FlambeError } from '../../src/errors.ts'
import { openExtensions } from '../../src/extension/index.ts'
import type { ProgressEvent } from '../../src/progress.ts'
import { folder } from '../helpers/folder.ts'

const component = (body = '', name = 'Model') =>
  `import { Component } from 'flambe'\nexport class ${name} extends Component {${body}}\n`

async function open(
  location: string,
  directory: string,
  more: { install?: boolean; progress?: (event: ProgressEvent) => void } = {},
) {
  const [extension] = await openExtensions([{ name: 'ext', location }], {
    directory,
    cacheDirectory: join(directory, '.cache'),
    ...more,
  })
  if (!extension) throw new Error('nothing was opened')
  return extension
}

const answer = (extension: { exports: Readonly<Record<string, unknown>> }) => {
  const Model = extension.exports['Model'] as new (args: object) => { predict: (input: unknown) => unknown }
  return new Model({}).predict(1)
}

const textOf = (file: { source: { kind: string; chunks?: readonly Uint8Array[] } } | undefined) =>
  Buffer.concat([...(file?.source.chunks ?? [])]).toString()

async function failure(work: Promise<unknown>): Promise<FlambeError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof FlambeError) return error
  throw new Error('it did not fail as expected', { cause: error })
}

describe('local folders (row 60)', () => {
  const body = 'predict() { return 42 }'
  test.each([
    ['index.ts', { 'ext/index.ts': component(body) }, './ext'],
    ['index.js without package.json', { 'ext/index.js': component(body) }, 'ext/'.replace('ext/', './ext/')],
    ['src/index.ts', { 'ext/src/index.ts': component(body) }, './ext'],
    [
      'main of package.json',
      { 'ext/lib/m.js': component(body), 'ext/package.json': '{"main": "lib/m", "type": "module"}' },
      './ext',
    ],
    [
      'exports of package.json',
      { 'ext/m.mjs': component(body), 'ext/package.json': '{"exports": {".": {"import": "./m.mjs"}}}' },
      './ext',
    ],
    ['a single module', { 'ext/own.ts': component(body) }, './ext/own.ts'],
  ])('%s is its entry', async (_, files, location) => {
    expect(answer(await open(location, folder(files)))).toBe(42)
  })

  test('an absolute location works and is recorded without its path (row 64)', async () => {
    const directory = folder({ 'ext/index.ts': component(body) })
    const { code } = await open(join(directory, 'ext'), directory)
    expect(code).toEqual({ entry: 'code/ext/index.js', location: 'ext' })
  })

  test('all of TypeScript compiles: parameter properties, enums, namespaces, decorators, satisfies', async () => {
    const text = `import { Component } from 'flambe'
enum Size { S = 1, L = 40 }
namespace Words { export const two = 2 }
function twice(_: unknown, context: ClassMethodDecoratorContext) { context.addInitializer(function () {}) }
export class Model extends Component {
  constructor(private readonly args: { n?: number } = {}) { super() }
  @twice predict(): number { return (Size.L + Words.two + (this.args.n ?? 0)) satisfies number }
}
`
    expect(answer(await open('./ext', folder({ 'ext/index.ts': text })))).toBe(42)
  })

  test.each([
    ['exports', 'exports.Model = Model'],
    ['module.exports', 'module.exports = { Model }'],
  ])('CommonJS works, with packages and modules of Node: %s', async (_, end) => {
    const directory = folder({
      'ext/index.js': `const { Component } = require('flambe')
const [path, lib, util] = [require('node:path'), require('lib'), require('./util')]
class Model extends Component { predict() { return [path.sep, lib, util, path.basename(__dirname)] } }
${end}`,
      'ext/util.js': "module.exports = require('path').basename(__filename)",
      'ext/node_modules/lib/package.json': '{"name": "lib", "version": "1.0.0"}',
      'ext/node_modules/lib/index.js': 'module.exports = "lib"',
    })
    const extension = await open('./ext', directory)
    expect(answer(extension)).toEqual(['/', 'lib', 'index.js', 'ext'])
    expect(extension.classes['Model']).toMatchObject({ version: '0.0.0' })
  })

  test('a module of CommonJS in a TypeScript extension may require, and keep a name `require` of its own', async () => {
    const directory = folder({
      'ext/index.ts': `import { createRequire } from 'node:module'\nimport sep from './sep.cjs'
const require = createRequire(import.meta.url)
${component('predict() { return [sep, typeof require] }')}`,
      'ext/sep.cjs': "module.exports = require('node:path').sep",
    })
    expect(answer(await open('./ext', directory))).toEqual(['/', 'function'])
  })

  test("import 'flambe' is this very copy, in modules and in packages that it uses", async () => {
    const directory = folder({
      'ext/index.ts': `import { Model as Base } from 'lib'\nexport class Model extends Base { predict() { return 42 } }\nexport const Loaded = Base`,
      'ext/node_modules/lib/index.js': component(),
      'ext/node_modules/lib/package.json':
        '{"name": "lib", "version": "1.0.0", "type": "module", "main": "index.js"}',
    })
    const { exports } = await open('./ext', directory)
    expect(answer({ exports })).toBe(42)
  })

  test('two extensions use different versions of one package', async () => {
    const lib = (version: string) => ({
      [`index.ts`]: `import { v } from 'lib'\n${component('predict() { return v }')}`,
      [`node_modules/lib/index.js`]: `export const v = '${version}'`,
      [`node_modules/lib/package.json`]: `{"name": "lib", "version": "${version}", "type": "module", "main": "index.js"}`,
    })
    const under = (name: string, files: Record<string, string>) =>
      Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/${path}`, text]))
    const directory = folder({ ...under('one', lib('1.0.0')), ...under('two', lib('2.0.0')) })
    const opened = await openExtensions(
      [
        { name: 'one', location: './one' },
        { name: 'two', location: './two' },
      ],
      { directory, cacheDirectory: join(directory, '.cache') },
    )
    expect(opened.map(answer)).toEqual(['1.0.0', '2.0.0'])
    const packs = await Promise.all(opened.map(({ pack }) => pack()))
    expect(packs.map(({ dependencies }) => dependencies[0]?.version)).toEqual(['1.0.0', '2.0.0'])
  })

  test('a workspace package that is linked as source is taken into the code', async () => {
    const directory = folder({
      'packages/shared/index.ts': 'export const value: number = 42\n',
      'packages/shared/package.json': '{"name": "@acme/shared", "main": "index.ts"}',
      'ext/index.ts': `import { value } from '@acme/shared'\n${component('predict() { return value }')}`,
    })
    mkdirSync(join(directory, 'node_modules', '@acme'), { recursive: true })
    symlinkSync(join(directory, 'packages', 'shared'), join(directory, 'node_modules', '@acme', 'shared'))
    const extension = await open('./ext', directory)
    expect(answer(extension)).toBe(42)
    expect([...(await extension.pack()).files.keys()]).toEqual([
      'code/ext/index.js',
      'code/ext/index.js.map',
      'code/ext/package.json',
    ])
  })

  test('the compiled code is the same wherever the checkout is', async () => {
    const files = { 'ext/index.ts': component('predict() { return 1 }'), 'ext/util.ts': '' }
    const texts = await Promise.all(
      [folder(files), folder(files)].map(async (directory) => {
        const { files: packed } = await (await open('./ext', directory)).pack()
        return textOf(packed.get('code/ext/index.js')) + textOf(packed.get('code/ext/index.js.map'))
      }),
    )
    expect(texts[0]).toBe(texts[1])
    expect(texts[0]).not.toContain('/tmp')
  })

  test.each<[string, Record<string, string>, string, string]>([
    ['nothing there', {}, 'EXTENSION_NOT_FOUND', 'is not at'],
    ['a folder without a module', { 'ext/readme.md': '' }, 'EXTENSION_INVALID', 'has no entry module'],
    [
      'no class exported (row 63)',
      { 'ext/index.ts': 'export const x = 1' },
      'EXTENSION_INVALID',
      'exports no Component and no Runnable',
    ],
    [
      'an error at import (row 63)',
      { 'ext/index.ts': 'throw new Error("boom")' },
      'EXTENSION_INVALID',
      'threw while it was imported: boom',
    ],
    [
      'a package that is not installed',
      { 'ext/index.ts': `import 'no-such-package-x'\n${component()}` },
      'EXTENSION_INVALID',
      'the package no-such-package-x is not installed',
    ],
    [
      'a package.json that is no JSON',
      { 'ext/package.json': '{', 'ext/index.ts': component() },
      'EXTENSION_INVALID',
      'is not JSON',
    ],
  ])('%s: its own message', async (_, files, code, message) => {
    const error = await failure(open('./ext', folder(files)))
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)])
  })

  test.each([
    ['nothing', '', /index\.ts exports nothing: write "export class … extends Component"/],
    ['a value', 'export const x = 1', /index\.ts exports x: a component is a class that extends Component/],
    [
      'a class that extends nothing',
      'export class Model { predict() { return 1 } }\nexport const x = 1',
      /exports Model, x, and Model is a class that does not extend Component: write "class Model extends Component"/,
    ],
  ])('one that exports %s is told what is missing', async (_, text, hint) => {
    const error = await failure(open('./ext', folder({ 'ext/index.ts': text })))
    expect(error.hint).toMatch(hint)
  })

  test.each([[false], [true]])(
    'its path without "./" is not taken for a package of npm (install: %s)',
    async (install) => {
      const directory = folder({ 'models/ext/index.ts': component() })
      const error = await failure(open('models/ext', directory, { install }))
      expect([error.code, error.hint]).toEqual([
        'EXTENSION_NOT_FOUND',
        'write ./models/ext for the folder, or models/ext@latest for the package',
      ])
    },
  )

  test('a version that cannot be compared is told with its place, before anything is built', async () => {
    const classes = [
      component("static version = '1.0.0-beta'", 'Fine'),
      component('', 'None'),
      component("\n  static readonly version = '1.0-beta'\n", 'Model'),
      component('static version = 2', 'Number2'),
    ].map((text) => text.replace(/^import.*\n/, ''))
    const files = { 'ext/index.ts': `import { Component } from 'flambe'\n${classes.join('')}` }
    const error = await failure(open('./ext', folder(files)))
    expect(error.code).toBe('COMPONENT_INVALID')
    expect(
      error.problems.map(({ message, position }) => [message, position?.line, position?.column]),
    ).toEqual([
      ['the version of ext.Model is "1.0-beta", and not of the form 1.2.3', 5, 3],
      ['the version of ext.Number2 is 2, and not of the form 1.2.3', 7, 41],
    ])
    expect(error.problems[0]?.position?.file).toBe('index.ts')
    expect(error.hint).toContain("static version = '1.2.3'")
  })

  test('a syntax error is told with its file, line and column (row 63)', async () => {
    const error = await failure(open('./ext', folder({ 'ext/index.ts': 'const a = 1\nexport class {\n' })))
    expect(error.problems[0]).toMatchObject({
      position: { file: 'index.ts', line: 2, column: 14 },
      source: 'export class {',
    })
  })

  test("an error at import names the user's file and line (row 63)", async () => {
    const directory = folder({ 'ext/index.ts': '// one\n// two\nthrow new Error("boom")\n' })
    const error = await failure(open('./ext', directory))
    expect(error.hint).toContain(`${join(directory, 'ext', 'index.ts')}:3`)
  })
})

describe('what is known of a class', () => {
  test('types, what the class declares itself, aliases, version and source', async () => {
    const text = `import { Component } from 'flambe'
/** A model. */
export class Typed extends Component {
  static override readonly version = '2.1.0'
  static override readonly aliases = ['Other']
  constructor({ size = 3 }: { size?: number }) { super() }
  static tiny({ n }: { n: number }): Typed { return new Typed({ size: n }) }
  predict({ x }: { x: string }): { y: number } { return { y: x.length } }
}
export class Declared extends Component {
  static override readonly schema = { input: { type: 'string' } as const }
  predict(x: unknown) { return x }
}
`
    const { classes } = await open('./ext', folder({ 'ext/index.ts': text }))
    expect(classes['Typed']).toMatchObject({
      version: '2.1.0',
      description: 'A model.',
      parameters: { properties: { size: { type: 'number', default: 3 } } },
      factories: { tiny: { required: ['n'] } },
      predict: { input: { required: ['x'] }, output: { required: ['y'] } },
    })
    expect(classes['Other']).toEqual(classes['Typed'])
    expect(classes['Declared']?.predict?.input).toEqual({ type: 'string' })
    expect(classes['Typed']?.source).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('git repositories (row 61)', () => {
  function repository(): { url: string; commit: string } {
    const directory = folder({ 'work/index.ts': component('predict() { return "main" }') })
    const work = join(directory, 'work')
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-C', work, ...args], {
        encoding: 'utf8',
        stdio: 'pipe',
      }).trim()
    git('init', '-q', '-b', 'trunk')
    git('add', '-A')
    git('commit', '-qm', 'one')
    git('tag', 'v1')
    const commit = git('rev-parse', 'HEAD')
    git('checkout', '-qb', 'feature/x')
    mkdirSync(join(work, 'sub', 'dir'), { recursive: true })
    writeFileSync(join(work, 'index.ts'), component('predict() { return "feature" }'))
    writeFileSync(join(work, 'sub', 'dir', 'index.ts'), component('predict() { return "sub" }'))
    git('add', '-A')
    git('commit', '-qm', 'two')
    git('checkout', '-q', 'trunk')
    execFileSync('git', ['clone', '-q', '--bare', work, join(directory, 'bare.git')], { stdio: 'pipe' })
    return { url: `file://${directory}/bare.git`, commit }
  }

  test.each([
    ['the default branch', '', 'main'],
    ['a branch with a slash', '#feature/x', 'feature'],
    ['a tag', '#v1', 'main'],
    ['a folder of a branch', '#feature/x:sub/dir', 'sub'],
  ])('%s is fetched with install, and kept', async (_, fragment, expected) => {
    const { url } = repository()
    const directory = folder()
    const location = `${url}${fragment}`
    const refused = await failure(open(location, directory))
    expect([refused.code, refused.hint]).toEqual([
      'EXTENSION_NOT_INSTALLED',
      expect.stringContaining('--install-extensions'),
    ])
    expect(answer(await open(location, directory, { install: true }))).toBe(expected)
    expect(answer(await open(location, directory))).toBe(expected)
  })

  test('a commit is fetched, and what a location resolved to is recorded (row 64)', async () => {
    const { url, commit } = repository()
    const { code } = await open(`${url}#${commit}`, folder(), { install: true })
    expect(code).toEqual({ entry: 'code/ext/index.js', location: `${url}#${commit}`, resolved: commit })
  })

  test("a failure shows git's own reason, and leaves what was there", async () => {
    const { url } = repository()
    const error = await failure(open(`${url}#nope`, folder(), { install: true }))
    expect([error.code, error.message]).toEqual([
      'EXTENSION_FETCH_FAILED',
      expect.stringMatching(/couldn't find remote ref nope/i),
    ])
  })

  test('a secret in a URL is neither recorded nor shown', async () => {
    const error = await failure(open('https://user:tok3n@127.0.0.1:9/u/r.git', folder(), { install: true }))
    expect(JSON.stringify([error.message, error.hint, String(error.cause)])).not.toContain('tok3n')
    const missing = await failure(open('https://user:tok3n@127.0.0.1:9/u/r.git', folder()))
    expect(missing.message).toContain('https://127.0.0.1:9/u/r.git')
  })
})

describe('npm packages (row 62)', () => {
  function tarball(): string {
    const directory = folder({
      'p/package.json': '{"name": "acme-ext", "version": "1.2.3", "type": "module", "main": "index.js"}',
      'p/index.js': component('predict() { return "packed" }'),
    })
    execFileSync('npm', ['pack', '--silent', '--pack-destination', directory], {
      cwd: join(directory, 'p'),
      stdio: 'pipe',
    })
    return join(directory, 'acme-ext-1.2.3.tgz')
  }

  test('a package is fetched with install alone, and its version recorded (row 36)', async () => {
    const directory = folder()
    const location = `file:${tarball()}`
    const asPackage = `acme-ext@${location}`
    expect((await failure(open(asPackage, directory))).code).toBe('EXTENSION_NOT_INSTALLED')
    const extension = await open(asPackage, directory, { install: true })
    expect([answer(extension), extension.code.resolved]).toEqual(['packed', '1.2.3'])
  })

  test('one that is installed beside the spec is used as it is', async () => {
    const directory = folder({
      'node_modules/acme/package.json':
        '{"name": "acme", "version": "3.0.0", "type": "module", "main": "index.js"}',
      'node_modules/acme/index.js': component('predict() { return "beside" }'),
    })
    const extension = await open('acme@^3', directory)
    expect([answer(extension), extension.code.resolved]).toEqual(['beside', '3.0.0'])
  })

  test('nothing of a location is an option of npm or of git', async () => {
    const directory = folder()
    for (const location of ['--registry=x', 'git+file:///nowhere.git#--upload-pack=touch marker']) {
      const { code } = await failure(open(location, directory, { install: true }))
      expect(code).toBe('EXTENSION_FETCH_FAILED')
    }
    expect(existsSync(join(directory, 'marker'))).toBe(false)
  })

  test('more than 100 MB of fetched extensions are told, with their place (row 66)', async () => {
    const directory = folder()
    const events: ProgressEvent[] = []
    const install = () =>
      open(`acme-ext@file:${tarball()}`, directory, {
        install: true,
        progress: (event) => events.push(event),
      })
    await install()
    expect(events.filter(({ type }) => type === 'warning')).toEqual([])
    const extensions = join(directory, '.cache', 'extensions')
    mkdirSync(join(extensions, 'other'))
    const weights = join(extensions, 'other', 'weights.bin')
    writeFileSync(weights, '')
    truncateSync(weights, 120_000_000)
    await install()
    expect(events.filter(({ type }) => type === 'warning')).toMatchObject([
      { message: `fetched extensions take 120 MB in ${extensions}` },
    ])
  })

  test("a failure shows npm's own reason", async () => {
    const error = await failure(open('acme-ext@file:/nowhere/x.tgz', folder(), { install: true }))
    expect([error.code, error.message]).toEqual(['EXTENSION_FETCH_FAILED', expect.stringContaining('ENOENT')])
  })
})

describe('packing', () => {
  const project = {
    'ext/index.ts': `import { a } from 'a'\nimport { readFileSync } from 'node:fs'\n${component('predict() { return [a, typeof readFileSync] }')}`,
    'ext/node_modules/a/package.json':
      '{"name": "a", "version": "1.0.0", "main": "index.js", "license": "ISC"}',
    'ext/node_modules/a/index.js': "exports.a = require('b') + require('./lib/used.js')",
    'ext/node_modules/a/lib/used.js': "module.exports = 'u'",
    'ext/node_modules/a/lib/unused.js': "module.exports = 'n'",
    'ext/node_modules/a/node_modules/b/package.json': '{"name": "b", "version": "2.0.0", "main": "index.js"}',
    'ext/node_modules/a/node_modules/b/index.js': "module.exports = 'b2'",
    'ext/node_modules/b/package.json': '{"name": "b", "version": "1.0.0", "main": "index.js"}',
    'ext/node_modules/b/index.js': "module.exports = 'b1'",
    'ext/node_modules/.package-lock.json': '{"packages": {"node_modules/a": {"integrity": "sha512-x"}}}',
  }

  test('takes the files that are really used, nested versions too, and says what they are (row 65)', async () => {
    const { files, dependencies } = await (await open('./ext', folder(project))).pack()
    expect([...files.keys()].filter((path) => path.includes('node_modules'))).toEqual([
      'code/ext/node_modules/a/index.js',
      'code/ext/node_modules/a/lib/used.js',
      'code/ext/node_modules/a/node_modules/b/index.js',
      'code/ext/node_modules/a/node_modules/b/package.json',
      'code/ext/node_modules/a/package.json',
    ])
    expect(dependencies).toEqual([
      { name: 'a', version: '1.0.0', integrity: 'sha512-x', license: 'ISC' },
      { name: 'b', version: '2.0.0' },
    ])
  })

  test('links are followed: a linked node_modules, and the store of pnpm', async () => {
    const directory = folder({
      'ext/index.ts': project['ext/index.ts'],
      'ext/node_modules/.pnpm/a@1.0.0/node_modules/a/package.json':
        '{"name": "a", "version": "1.0.0", "main": "index.js"}',
      'ext/node_modules/.pnpm/a@1.0.0/node_modules/a/index.js': "exports.a = require('b')",
      'ext/node_modules/.pnpm/b@2.0.0/node_modules/b/package.json':
        '{"name": "b", "version": "2.0.0", "main": "index.js"}',
      'ext/node_modules/.pnpm/b@2.0.0/node_modules/b/index.js': "module.exports = 'b2'",
    })
    const modules = join(directory, 'ext', 'node_modules')
    symlinkSync('.pnpm/a@1.0.0/node_modules/a', join(modules, 'a'))
    symlinkSync('../../b@2.0.0/node_modules/b', join(modules, '.pnpm/a@1.0.0/node_modules/b'))
    const { files } = await (await open('./ext', directory)).pack()
    expect([...files.keys()].filter((path) => path.includes('node_modules'))).toEqual([
      'code/ext/node_modules/a/index.js',
      'code/ext/node_modules/a/package.json',
      'code/ext/node_modules/b/index.js',
      'code/ext/node_modules/b/package.json',
    ])
  })

  test("an installed package's own packages are found before those beside it", async () => {
    const lib = (version: string) => ({
      'package.json': `{"name": "lib", "version": "${version}"}`,
      'index.js': `exports.v = '${version}'`,
    })
    const at = (path: string, files: Record<string, string>) =>
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`node_modules/${path}/${name}`, text]))
    const directory = folder({
      ...at('acme', {
        'package.json': '{"name": "acme", "version": "1.0.0", "type": "module"}',
        'index.js': `import { v } from 'lib'\n${component('predict() { return v }')}`,
      }),
      ...at('lib', lib('1.0.0')),
      ...at('acme/node_modules/lib', lib('2.0.0')),
    })
    const { files, dependencies } = await (await open('acme', directory)).pack()
    expect([...files.keys()]).toContain('code/ext/node_modules/lib/index.js')
    expect(dependencies).toMatchObject([{ name: 'lib', version: '2.0.0' }])
  })

  test('a changed installation is traced again', async () => {
    const directory = folder(project)
    await (await open('./ext', directory)).pack()
    writeFileSync(join(directory, 'ext/node_modules/a/index.js'), "exports.a = require('./lib/unused.js')")
    writeFileSync(
      join(directory, 'ext/node_modules/a/package.json'),
      '{"name": "a", "version": "1.0.1", "main": "index.js"}',
    )
    const { files, dependencies } = await (await open('./ext', directory)).pack()
    expect([...files.keys()]).toContain('code/ext/node_modules/a/lib/unused.js')
    expect(dependencies).toEqual([{ name: 'a', version: '1.0.1', integrity: 'sha512-x' }])
  })

  test('a package gives `require` another file than `import`: each is taken where it is asked for', async () => {
    const dual = (name: string) => ({
      [`ext/node_modules/${name}/package.json`]: `{"name": "${name}", "version": "1.0.0", "exports": {"import": "./i.mjs", "require": "./r.cjs"}}`,
      [`ext/node_modules/${name}/i.mjs`]: "export default 'imported'",
      [`ext/node_modules/${name}/r.cjs`]: "module.exports = 'required'",
    })
    const directory = folder({
      'ext/index.ts': `import one from 'one'\nimport own from './own.cjs'\nimport { three } from 'old'\n${component('predict() { return [one, own, three] }')}`,
      'ext/own.cjs': "module.exports = require('two')",
      'ext/node_modules/old/package.json': '{"name": "old", "version": "1.0.0"}',
      'ext/node_modules/old/index.js': "exports.three = require('three')",
      ...dual('one'),
      ...dual('two'),
      ...dual('three'),
    })
    const extension = await open('./ext', directory)
    expect(answer(extension)).toEqual(['imported', 'required', 'required'])
    expect(
      [...(await extension.pack()).files.keys()].filter((path) => /\.[cm]js$/.test(path)).sort(),
    ).toEqual([
      'code/ext/node_modules/one/i.mjs',
      'code/ext/node_modules/three/r.cjs',
      'code/ext/node_modules/two/r.cjs',
    ])
  })

  test("files of the extension's own that package.json includes are found beside the code, built or loaded", async () => {
    const directory = folder({
      'ext/index.ts': `import { readFileSync } from 'node:fs'\n${component(
        "predict() { return readFileSync(new URL('./data/labels.txt', import.meta.url), 'utf8') }",
      )}`,
      'ext/package.json': '{"flambe": {"include": ["data/*", "*.ts"]}}',
      'ext/data/labels.txt': 'cat dog',
    })
    const extension = await open('./ext', directory)
    expect(answer(extension)).toBe('cat dog')
    const { files } = await extension.pack()
    expect([...files.keys()]).toContain('code/ext/data/labels.txt')
    expect(textOf(files.get('code/ext/index.js'))).toMatch(/^const __flambe_place = import\.meta;\n/)
  })

  test('files that package.json includes by name are taken too', async () => {
    const directory = folder({
      ...project,
      'ext/package.json': '{"flambe": {"include": ["node_modules/a/lib/*.js"]}}',
    })
    const { files } = await (await open('./ext', directory)).pack()
    expect([...files.keys()]).toContain('code/ext/node_modules/a/lib/unused.js')
  })

  test('native files for other platforms are left out, by their headers', async () => {
    const elf = readFileSync(process.execPath).subarray(0, 4096)
    const arm = Buffer.from(elf)
    arm.writeUInt16LE(183, 18)
    const directory = folder({
      'ext/index.ts': `import n from 'native'\n${component('predict() { return typeof n }')}`,
      'ext/node_modules/native/package.json': '{"name": "native", "version": "1.0.0", "main": "index.js"}',
      'ext/node_modules/native/index.js':
        "const fs = require('fs'); module.exports = [fs.existsSync(__dirname + '/bin/x64.node'), fs.existsSync(__dirname + '/bin/arm.node')]",
      'ext/node_modules/native/bin/x64.node': elf,
      'ext/node_modules/native/bin/arm.node': arm,
    })
    const { files, platform } = await (await open('./ext', directory)).pack()
    expect([...files.keys()].filter((path) => path.endsWith('.node'))).toEqual([
      'code/ext/node_modules/native/bin/x64.node',
    ])
    expect(platform).toMatchObject({ os: 'linux', arch: 'x64' })
  })
})
