import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { describeModule } from '../../src/types/index.ts'
import { describeFiles, folderOf } from './describe.ts'

const number = { type: 'number' }
const inputOf = (type: string, head = '') => `${head}\nexport class Engine { predict(x: ${type}): void {} }`

async function input(files: Record<string, string>) {
  const { classes, notices } = await describeFiles(files)
  expect(notices).toEqual([])
  return classes['Engine']?.predict?.input
}

describe('imports are resolved', () => {
  test('of other files, whatever extension they are written with', async () => {
    const schema = await input({
      'engine.ts': inputOf(
        '[A, B, C, D]',
        `import type { A } from './a.ts'; import type { B } from './b.js'; import type { C } from './c'; import type { D } from './d'`,
      ),
      'a.ts': 'export type A = number',
      'b.ts': 'export type B = number',
      'c.ts': 'export type C = number',
      'd/index.d.ts': 'export type D = number',
    })
    expect(schema).toMatchObject({ prefixItems: [number, number, number, number] })
  })

  test('of packages, with exports maps', async () => {
    const schema = await input({
      'src/engine.ts': inputOf('Row', "import type { Row } from 'rows/sub'"),
      'node_modules/rows/package.json': '{ "exports": { "./sub": { "types": "./deep.d.ts" } } }',
      'node_modules/rows/deep.d.ts': 'export type Row = number',
    })
    expect(schema).toEqual(number)
  })

  test('of JSON', async () => {
    const schema = await input({
      'engine.ts': inputOf('typeof data', "import data from './data.json'"),
      'data.json': '{ "a": 1 }',
    })
    expect(schema).toMatchObject({ properties: { a: number } })
  })

  test('of classes that a package exports', async () => {
    const { classes } = await describeFiles({
      'engine.ts': "export { Tokenizer } from 'tokens'",
      'node_modules/tokens/package.json': '{ "types": "index.d.ts" }',
      'node_modules/tokens/index.d.ts':
        'export declare class Tokenizer { constructor(args: { size: number }); predict(x: string): number[] }',
    })
    expect(classes).toMatchObject({
      Tokenizer: { parameters: { required: ['size'] }, predict: { input: { type: 'string' } } },
    })
  })

  test('of flambe, wherever the extension is and whatever is installed there', async () => {
    const { classes, notices } = await describeFiles({
      'engine.ts': `
        import { Component, type PredictContext } from 'flambe'
        export class Engine extends Component {
          constructor(args: { part: Component }) { super() }
          predict(x: number, { signal }: PredictContext): number { return x }
        }`,
      'node_modules/flambe/package.json': '{ "types": "index.d.ts" }',
      'node_modules/flambe/index.d.ts':
        'export declare class Component { constructor(other: number, one: string) }',
    })
    expect(notices).toEqual([])
    expect(classes['Engine']?.parameters).toMatchObject({
      properties: { part: { 'x-flambe-class': 'Component' } },
    })
    expect(classes['Engine']?.factories).toEqual({})
  })

  test('of a flambe that the caller names', async () => {
    const other = await folderOf({
      'index.d.ts': 'export declare class Component { constructor(args: { theirs: 1 }) }',
    })
    const { classes } = await describeFiles(
      { 'engine.ts': "import { Component } from 'flambe'\nexport class Engine extends Component {}" },
      { flambe: join(other, 'index.d.ts') },
    )
    expect(classes['Engine']?.parameters).toMatchObject({ required: ['theirs'] })
  })
})

describe('the extension’s tsconfig.json', () => {
  test('gives paths and libraries, through extends, from a folder above', async () => {
    const schema = await input({
      'src/engine.ts': inputOf('[Row, HTMLElement["tabIndex"]]', "import type { Row } from '~/row'"),
      'lib/row.ts': 'export type Row = number',
      'tsconfig.json': '{ "extends": "./base.json", "compilerOptions": { "lib": ["es2022", "dom"] } }',
      'base.json': '{ /* a comment */ "compilerOptions": { "paths": { "~/*": ["./lib/*"] }, } }',
    })
    expect(schema).toMatchObject({ prefixItems: [number, number] })
  })

  test('does not make null and undefined disappear', async () => {
    const schema = await input({
      'engine.ts': inputOf('string | null'),
      'tsconfig.json':
        '{ "compilerOptions": { "strict": false, "strictNullChecks": false, "module": "commonjs", "moduleResolution": "node10", "noLib": true, "noEmit": false } }',
    })
    expect(schema).toEqual({ type: ['string', 'null'] })
  })

  test.each([
    '{ broken',
    '[]',
    '{ "extends": "./missing.json" }',
    '{ "files": ["gone.d.ts"] }',
    '{ "compilerOptions": { "target": "es1" } }',
    '',
  ])('that says %o is no reason to fail', async (text) => {
    expect(await input({ 'engine.ts': inputOf('number'), 'tsconfig.json': text })).toEqual(number)
  })

  test('gives the declaration files that it lists', async () => {
    const schema = await input({
      'engine.ts': inputOf('Global'),
      'global.d.ts': 'type Global = number',
      'tsconfig.json': '{ "files": ["engine.ts", "global.d.ts"] }',
    })
    expect(schema).toEqual(number)
  })
})

describe('the types of Node', () => {
  test('are those of @types/node, where it is installed', async () => {
    const schema = await input({
      'engine.ts': inputOf('[Buffer, Options]', "import type { Options } from 'node:thing'"),
      'node_modules/@types/node/package.json': '{ "types": "index.d.ts" }',
      'node_modules/@types/node/index.d.ts': `
        declare module 'node:thing' { export type Options = number }
        interface Buffer<T extends ArrayBufferLike = ArrayBufferLike> extends Uint8Array<T> { slow: number }`,
    })
    expect(schema).toMatchObject({ prefixItems: [{ contentEncoding: 'base64' }, number] })
  })
})

describe('type errors and syntax errors in user code are not our business', () => {
  test.each([
    ['a wrong assignment', 'const x: number = "text"'],
    ['an unknown name', 'nowhere()'],
    ['a missing import', "import { gone } from './gone.ts'"],
    ['a decorator', 'function d(...a: unknown[]) {}\n@d class Decorated {}'],
    ['an unfinished statement', 'const ='],
  ])('%s', async (_, text) => {
    const { classes } = await describeFiles({ 'engine.ts': `${inputOf('number')}\n${text}` })
    expect(classes['Engine']?.predict?.input).toEqual(number)
  })
})

describe('describeModule', () => {
  test('refuses a relative entry', async () => {
    await expect(describeModule({ entry: 'engine.ts' })).rejects.toThrow(TypeError)
  })

  test('says that there is no file at the entry', async () => {
    const entry = join(await folderOf({}), 'gone.ts')
    await expect(describeModule({ entry })).rejects.toMatchObject({ code: 'EXTENSION_NOT_FOUND' })
    await expect(describeModule({ entry: join(entry, '..') })).rejects.toMatchObject({
      code: 'EXTENSION_NOT_FOUND',
    })
  })

  test('stops for an aborted signal', async () => {
    const entry = join(await folderOf({ 'engine.ts': 'export class Engine {}' }), 'engine.ts')
    const reason = new Error('stop')
    await expect(describeModule({ entry, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  test('of a module without exports gives no classes', async () => {
    expect(await describeFiles({ 'engine.ts': 'const a = 1' })).toEqual({ classes: {}, notices: [] })
    expect(await describeFiles({ 'engine.ts': '' })).toEqual({ classes: {}, notices: [] })
  })

  test('leaves nothing in the extension’s folder', async () => {
    const directory = await folderOf({ 'engine.ts': inputOf('number') })
    await describeModule({ entry: join(directory, 'engine.ts'), cacheDirectory: await folderOf({}) })
    expect(await readdir(directory)).toEqual(['engine.ts'])
  })
})
