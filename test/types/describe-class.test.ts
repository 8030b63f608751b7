import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../src/construct/index.ts'
import { describeFiles, describeText, property } from './describe.ts'

const number = { type: 'number' }
const string = { type: 'string' }

describe('the arguments of a constructor', () => {
  test('are its one object parameter, closed to other names', async () => {
    const { parameters, notices } = await describeText(`
      export class Engine { constructor({ a, b }: { a: number; b?: string }) {} }`)
    expect(parameters).toEqual({
      type: 'object',
      properties: { a: number, b: string },
      required: ['a'],
      additionalProperties: false,
    })
    expect(notices).toEqual([])
  })

  test.each([
    ['no constructor', 'export class Engine {}'],
    ['a constructor without parameters', 'export class Engine { constructor() {} }'],
    [
      'a base class without parameters',
      "import { Component } from 'flambe'\nexport class Engine extends Component {}",
    ],
  ])('of %s are none', async (_, text) => {
    expect((await describeText(text)).parameters).toEqual({ type: 'object', additionalProperties: false })
  })

  test('are inherited, with the generics of the base resolved', async () => {
    const { parameters, predict } = await describeText(`
      class Base<T> { constructor(args: { items: T[] }) {} predict(input: T): T { return input } }
      export class Engine extends Base<{ id: 'x' }> {}`)
    const item = { type: 'object', properties: { id: { type: 'string', const: 'x' } }, required: ['id'] }
    expect(property(parameters, 'items')).toEqual({
      type: 'array',
      items: { ...item, additionalProperties: false },
    })
    expect(predict).toEqual({ input: { ...item, additionalProperties: false }, output: item })
  })

  test('of a generic class are as its constraints say', async () => {
    const { parameters } = await describeText(`
      export class Engine<T extends { id: string }> { constructor(args: { item: T; any: Array<T['id']> }) {} }`)
    expect(property(parameters, 'item')).toMatchObject({ properties: { id: string } })
    expect(property(parameters, 'any')).toEqual({ type: 'array', items: string })
  })

  test('that are one of several kinds have all names, and the kinds exactly', async () => {
    const { parameters } = await describeText(`
      type Args = { kind: 'a'; size: number } | { kind: 'b'; name?: string }
      export class Engine { constructor(args: Args) {} }`)
    const kind = (value: string) => ({ type: 'string', const: value })
    expect(parameters).toEqual({
      type: 'object',
      properties: { kind: { type: 'string', enum: ['a', 'b'] }, size: number, name: string },
      required: ['kind'],
      discriminator: { propertyName: 'kind' },
      oneOf: [
        {
          type: 'object',
          properties: { kind: kind('a'), size: number },
          required: ['kind', 'size'],
          additionalProperties: false,
        },
        {
          type: 'object',
          properties: { kind: kind('b'), name: string },
          required: ['kind'],
          additionalProperties: false,
        },
      ],
    })
  })

  test.each(['args: any', 'args: unknown', 'args: object', 'args: Record<string, unknown>', 'args: Object'])(
    'as `%s` may be any object',
    async (parameter) => {
      const { parameters, notices } = await describeText(
        `export class Engine { constructor(${parameter}) {} }`,
      )
      expect(parameters).toEqual({ type: 'object' })
      expect(notices).toEqual([])
    },
  )

  test.each([
    'path: string',
    'values: number[]',
    'bytes: Float32Array',
    'model: Model',
    'make: () => void',
    'args: { a: number }, more: number',
    'either: string | { a: number }',
  ])('as `%s` are not named: not checked, with a notice', async (parameter) => {
    const { parameters, notices } = await describeText(`
      class Model { run(): void {} }
      export class Engine { constructor(${parameter}) {} }`)
    expect(parameters).toBeUndefined()
    expect(notices).toEqual([
      'engine.ts:3: Engine constructor: does not take one object of named arguments; anything is accepted',
    ])
  })

  test.each([
    'args: { a: number }, more?: number',
    'args: { a: number }, ...more: number[]',
    'args: { a: number } = { a: 1 }',
    'readonly args: { a: number }',
    '...args: [{ a: number }]',
    'args: Options',
  ])('as `%s` are named', async (parameter) => {
    const { parameters } = await describeText(`
        class Options { a!: number }
        export class Engine { constructor(${parameter}) {} }`)
    expect(parameters).toMatchObject({ properties: { a: number }, required: ['a'] })
  })

  test('of overloads are those of the last', async () => {
    const { parameters, notices } = await describeText(`
      export class Engine {
        constructor(args: { a: 1 })
        constructor(args: { b: 2 })
        constructor(args: unknown) {}
      }`)
    expect(parameters).toMatchObject({ required: ['b'] })
    expect(notices).toEqual(['engine.ts:2: Engine: has 2 overloads; only the last is read'])
  })

  test('that name the class itself, or any other, are instances', async () => {
    const { parameters } = await describeText(`
      import { Component } from 'flambe'
      export class Engine extends Component { constructor(args: { next?: Engine; part: Component }) { super() } }`)
    expect(property(parameters, 'next')).toEqual({ 'x-flambe-class': 'Engine' })
    expect(property(parameters, 'part')).toEqual({ 'x-flambe-class': 'Component' })
  })
})

describe('the default of an argument', async () => {
  const rows: readonly (readonly [
    initializer: string,
    type: string,
    value: JsonSchema | number | string | null | undefined | unknown[],
  ])[] = [
    ['0.5', 'number', 0.5],
    ['-1.5e3', 'number', -1500],
    ["'text'", 'string', 'text'],
    ['`text`', 'string', 'text'],
    ['true', 'boolean', true],
    ['null', 'string | null', null],
    ['[1, -2]', 'number[]', [1, -2]],
    ["{ a: 'x', 'b-c': [] }", "{ a: string; 'b-c': string[] }", { a: 'x', 'b-c': [] }],
    ['LOCAL', 'number', 7],
    ['IMPORTED', 'string', 'far'],
    ['Level.High', 'Level', 5],
    ['(3 as const)', 'number', 3],
    ['[...[1]]', 'number[]', undefined],
    ['compute()', 'number', undefined],
    ['NaN', 'number', undefined],
    ['5n', 'bigint', undefined],
    ['new Map()', 'unknown', undefined],
    ['() => 1', 'unknown', undefined],
  ]
  const { classes } = await describeFiles({
    'engine.ts': `
      import { IMPORTED } from './constants.ts'
      const LOCAL = 7
      enum Level { Low, High = 5 }
      declare function compute(): number
      ${rows.map(([value, type], n) => `export class E${n} { constructor({ x: y = ${value} }: { x: ${type} }) {} }`).join('\n')}`,
    'constants.ts': "export const IMPORTED = 'far'",
  })
  test.each(rows.map((row, index) => [...row, index] as const))(
    '`%s` is told if JSON can say it, and makes the argument optional',
    (_, __, value, index) => {
      const { parameters } = classes[`E${index}`] ?? {}
      expect(parameters).not.toHaveProperty('required')
      const schema = property(parameters, 'x')
      expect(typeof schema === 'object' ? schema['default'] : undefined).toEqual(value)
    },
  )

  test('may be inside another argument', async () => {
    const { parameters } = await describeText(`
      export class Engine {
        constructor({ tree: { depth = 3, ...rest } = {}, n }: { tree?: { depth?: number; k?: string }; n: number }) {}
      }`)
    expect(property(parameters, 'tree')).toEqual({
      type: 'object',
      properties: { depth: { type: 'number', default: 3 }, k: string },
      additionalProperties: false,
      default: {},
    })
  })

  test('is a class property’s initializer, where the argument is of that property', async () => {
    const { parameters } = await describeText(`
      export class Engine {
        threshold = 0.5
        label!: string
        constructor(args: Pick<Engine, 'threshold' | 'label'>) {}
      }`)
    expect(parameters).toEqual({
      type: 'object',
      properties: { threshold: { type: 'number', default: 0.5 }, label: string },
      required: ['label'],
      additionalProperties: false,
    })
  })
})

describe('the factories of a class', () => {
  test('are its static methods that give an instance', async () => {
    const { factories } = await describeText(`
      import { Component } from 'flambe'
      class Base extends Component { static fromBase(args: { b: number }): Engine { return new Engine() } }
      export class Engine extends Base {
        static sync({ a = 1 }: { a?: number }): Engine { return new Engine() }
        /** Reads it. */
        static async fromFile(args: { path: string }): Promise<Engine> { return new Engine() }
        static arrow = (args: { z: string }) => new Engine()
        static none() { return new Engine() }
        static generic<T extends typeof Engine>(this: T, args: { g: 1 }): InstanceType<T> { throw new Error() }
        private static hidden(args: {}): Engine { return new Engine() }
        static other(): number { return 1 }
        static anything(): any { return 1 }
        static text(): string { return '' }
        create(): Engine { return this }
      }`)
    expect(Object.keys(factories).sort()).toEqual([
      'arrow',
      'fromBase',
      'fromFile',
      'generic',
      'none',
      'sync',
    ])
    expect(factories['sync']).toEqual({
      type: 'object',
      properties: { a: { type: 'number', default: 1 } },
      additionalProperties: false,
    })
    expect(factories['fromFile']).toMatchObject({ description: 'Reads it.', required: ['path'] })
  })

  test('with positional arguments are left out, with a notice', async () => {
    const { factories, notices } = await describeText(`
      export class Engine { static from(path: string): Engine { return new Engine() } }`)
    expect(factories).toEqual({})
    expect(notices).toEqual([
      'engine.ts:2: Engine.from: does not take one object of named arguments; anything is accepted',
    ])
  })
})

describe('the classes of a module', () => {
  test('are those that it exports as values: its own, re-exported, renamed, expressions, the default', async () => {
    const { classes } = await describeFiles({
      'engine.ts': `
        export * from './other.ts'
        export { Named as Renamed } from './other.ts'
        export type { Hidden } from './hidden.ts'
        export * as all from './other.ts'
        export const Expression = class { predict(x: number) { return x } }
        export abstract class Abstract {}
        export interface Shape {}
        export function notAClass() {}
        export const value = 1
        class Private {}
        export default class { predict(x: string) { return x } }`,
      'other.ts': 'export class Named { predict(x: boolean) { return x } }',
      'hidden.ts': 'export class Hidden {}',
    })
    expect(Object.keys(classes).sort()).toEqual(['Expression', 'Named', 'Renamed', 'default'])
    expect(classes['Renamed']?.predict?.input).toEqual({ type: 'boolean' })
  })

  test('may be limited to some names', async () => {
    const files = { 'engine.ts': 'export class A { constructor(a: number) {} }\nexport class B {}' }
    const { classes, notices } = await describeFiles(files, { exports: ['B'] })
    expect(Object.keys(classes)).toEqual(['B'])
    expect(notices).toEqual([])
  })

  test('that declare a schema need no notices', async () => {
    const { notices } = await describeText(`
      import { Component } from 'flambe'
      export class Engine extends Component {
        static override readonly schema = { input: true }
        predict(input: Map<string, string>): void {}
      }`)
    expect(notices).toEqual([])
  })

  test('have their doc comments', async () => {
    const { description } = await describeText('/** Says {@link Yes it} all. */\nexport class Engine {}')
    expect(description).toBe('Says Yes it all.')
  })
})
