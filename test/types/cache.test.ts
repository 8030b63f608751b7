import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Compiled, type CompileRequest, describeProgram } from '../../src/types/describe-program.ts'
import { type DescribeOptions, describeModule, type ModuleDescription } from '../../src/types/index.ts'
import { type Files, folderOf, property, writeAll } from './describe.ts'

const engine = `
import { LIMIT, type Row } from './rows.ts'
import { far } from 'far'

/** The engine. */
export class Engine {
  constructor({ threshold = 0.5, limit = LIMIT }: { threshold?: number; limit?: number; distance?: typeof far; log?: () => void }) {}
  predict(row: Row): { label: string } {
    return { label: 'a' }
  }
}
`
const files: Files = {
  'engine.ts': engine,
  'rows.ts': "export { type Row } from './row.ts'\nexport const LIMIT = 3",
  'row.ts': 'export interface Row { x: number }',
  'node_modules/far/package.json': '{ "name": "far", "types": "index.d.ts" }',
  'node_modules/far/index.d.ts': 'export declare const far: 1',
}

/** A module with a cache of its own that tells how often the compiler ran. */
async function project(all: Files = files) {
  const directory = await folderOf(all)
  const cacheDirectory = join(await folderOf({}), 'cache')
  let runs = 0
  const compile = (request: CompileRequest): Promise<Compiled> => {
    runs++
    return describeProgram(request)
  }
  const describe = async (options: Partial<DescribeOptions> = {}) => {
    const before = runs
    const entry = join(directory, 'engine.ts')
    const description = await describeModule({ entry, cacheDirectory, compile, ...options })
    return { description, ran: runs > before }
  }
  const edit = async (name: string, from: string, to: string) => {
    const text = await readFile(join(directory, name), 'utf8')
    expect(text).toContain(from)
    await writeFile(join(directory, name), text.replace(from, to))
  }
  return { directory, cacheDirectory, describe, edit }
}

const engineOf = ({ classes }: ModuleDescription) => classes['Engine']

test('what has not changed is not compiled again', async () => {
  const { describe } = await project()
  const first = await describe()
  const second = await describe()
  expect([first.ran, second.ran]).toEqual([true, false])
  expect(second.description).toEqual(first.description)
})

test('without a cache folder the compiler always runs', async () => {
  const entry = join(await folderOf(files), 'engine.ts')
  const runs: CompileRequest[] = []
  const compile = (request: CompileRequest) => {
    runs.push(request)
    return describeProgram(request)
  }
  await describeModule({ entry, compile })
  await describeModule({ entry, compile })
  expect(runs).toHaveLength(2)
})

test('an edit inside a method is not compiled, and moves the line of a notice', async () => {
  const { describe, edit } = await project()
  const first = await describe()
  await edit('engine.ts', "return { label: 'a' }", "console.log(row)\n    return { label: 'b' }")
  await edit('engine.ts', '\n/** The engine. */', '\n// a comment\n// and another\n/** The engine. */')
  const { ran, description } = await describe()
  expect(ran).toBe(false)
  expect(first.description.notices).toEqual([
    expect.stringMatching(/^engine\.ts:7: Engine constructor\.log: /),
  ])
  expect(description.notices).toEqual([expect.stringMatching(/^engine\.ts:9: Engine constructor\.log: /)])
})

describe('the compiler runs again after', () => {
  test.each([
    ['a changed type', 'engine.ts', 'label: string', 'label: number'],
    ['a changed default', 'engine.ts', 'threshold = 0.5', 'threshold = 0.6'],
    ['a changed doc comment', 'engine.ts', 'The engine.', 'The motor.'],
    ['a changed constant of another file', 'rows.ts', 'LIMIT = 3', 'LIMIT = 4'],
    ['a changed type of a re-exported file', 'row.ts', 'x: number', 'x: string'],
    ['a changed package', 'node_modules/far/index.d.ts', 'far: 1', 'far: 12'],
    ['a new version of a package', 'node_modules/far/package.json', '{', '{ "version": "2.0.0",'],
  ])('%s', async (_, file, from, to) => {
    const { describe, edit } = await project()
    const before = await describe()
    await edit(file, from, to)
    const after = await describe()
    expect(after.ran).toBe(true)
    if (!file.endsWith('package.json'))
      expect(after.description.classes).not.toEqual(before.description.classes)
    expect((await describe()).ran).toBe(false)
  })

  test('a file that an import finds sooner appears', async () => {
    const { directory, describe } = await project({
      'engine.ts': "import type { Row } from './row.js'\nexport class Engine { predict(row: Row): void {} }",
      'row.js': 'export {}',
    })
    expect(engineOf((await describe()).description)?.predict?.input).toBe(true)
    await writeFile(join(directory, 'row.ts'), 'export type Row = number')
    const { ran, description } = await describe()
    expect(ran).toBe(true)
    expect(engineOf(description)?.predict?.input).toEqual({ type: 'number' })
  })

  test('a package that was missing is installed', async () => {
    const { directory, describe } = await project({
      'engine.ts': "import type { Row } from 'rows'\nexport class Engine { predict(row: Row): void {} }",
    })
    expect((await describe()).description.notices).toHaveLength(1)
    await writeAll(join(directory, 'node_modules/rows'), {
      'package.json': '{ "types": "index.d.ts" }',
      'index.d.ts': 'export type Row = number',
    })
    const { description } = await describe()
    expect(description.notices).toEqual([])
    expect(engineOf(description)?.predict?.input).toEqual({ type: 'number' })
  })

  test('a tsconfig.json appears or changes', async () => {
    const { directory, describe, edit } = await project({
      'engine.ts': "import type { Row } from '@/row'\nexport class Engine { predict(row: Row): void {} }",
      'deep/row.ts': 'export type Row = number',
      'other/row.ts': 'export type Row = string',
    })
    expect(engineOf((await describe()).description)?.predict?.input).toBe(true)
    await writeFile(
      join(directory, 'tsconfig.json'),
      '{ "compilerOptions": { "paths": { "@/*": ["./deep/*"] } } }',
    )
    expect(engineOf((await describe()).description)?.predict?.input).toEqual({ type: 'number' })
    await edit('tsconfig.json', './deep/*', './other/*')
    expect(engineOf((await describe()).description)?.predict?.input).toEqual({ type: 'string' })
  })

  test('other exports are asked for', async () => {
    const { describe } = await project()
    await describe()
    const { ran, description } = await describe({ exports: [] })
    expect(ran).toBe(true)
    expect(description.classes).toEqual({})
  })

  test('a file is gone', async () => {
    const { directory, describe } = await project()
    await describe()
    await rm(join(directory, 'row.ts'))
    expect((await describe()).ran).toBe(true)
  })
})

describe('a cache that is', () => {
  const damages: readonly (readonly [string, (file: string) => Promise<void>])[] = [
    ['deleted', (file) => rm(file)],
    ['empty', (file) => truncate(file)],
    ['cut off', (file) => truncate(file, 200)],
    ['not JSON', (file) => writeFile(file, 'no\njson')],
    ['of another form', (file) => writeFile(file, '{"classes":{}}')],
  ]
  test.each(damages)('%s costs a run and nothing else', async (_, damage) => {
    const { cacheDirectory, describe } = await project()
    const before = await describe()
    const names = await readdir(join(cacheDirectory, 'types'))
    expect(names).toHaveLength(1)
    for (const name of names) await damage(join(cacheDirectory, 'types', name))
    const after = await describe()
    expect(after.ran).toBe(true)
    expect(after.description).toEqual(before.description)
    expect((await describe()).ran).toBe(false)
  })

  test('altered by one character is not believed', async () => {
    const { cacheDirectory, describe } = await project()
    const before = await describe()
    for (const name of await readdir(join(cacheDirectory, 'types'))) {
      const file = join(cacheDirectory, 'types', name)
      await writeFile(file, (await readFile(file, 'utf8')).replace('"default":0.5', '"default":0.7'))
    }
    const { ran, description } = await describe()
    expect(ran).toBe(true)
    expect(property(engineOf(description)?.parameters, 'threshold')).toEqual({ type: 'number', default: 0.5 })
    expect(description).toEqual(before.description)
  })

  test('not writable is not used', async () => {
    const { cacheDirectory, describe } = await project()
    await writeFile(cacheDirectory, 'a file')
    expect((await describe()).ran).toBe(true)
    expect((await describe()).ran).toBe(true)
  })
})

test('several runs at once leave one whole record', async () => {
  const { cacheDirectory, describe } = await project()
  await Promise.all([describe(), describe(), describe()])
  expect(await readdir(join(cacheDirectory, 'types'))).toHaveLength(1)
  expect((await describe()).ran).toBe(false)
})

test('a compiler that fails is a notice, and is asked again', async () => {
  const { describe } = await project()
  const failing = await describe({ compile: () => Promise.reject(new Error('out of memory')) })
  expect(failing.description).toEqual({
    classes: {},
    notices: ['engine.ts:1: its types cannot be read (Error: out of memory); anything is accepted'],
  })
  expect((await describe()).ran).toBe(true)
})
