import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ClassEntry } from '../../src/artifact/index.ts'
import { compileSpec, instantiate } from '../../src/compile/index.ts'
import type { JsonSchema } from '../../src/construct/index.ts'
import { FlambeError } from '../../src/errors.ts'
import type { Extension } from '../../src/extension/index.ts'
import { type Blueprint, Component, Runnable, register } from '../../src/index.ts'
import { parseSpec, stringifyConfig } from '../../src/spec/index.ts'
import { folder } from '../helpers/folder.ts'

const constructed: string[] = []

class Model extends Component {
  static override readonly aliases = ['Net', 'Network']
  readonly size: number
  constructor({ size = 4 }: { size?: number } = {}) {
    super()
    constructed.push('Model')
    this.size = size
  }
  static fromSize({ size }: { size: number }) {
    return new Model({ size: size * 2 })
  }
}
class Deep extends Model {}
class Engine extends Component {
  readonly args: Record<string, unknown>
  constructor(args: Record<string, unknown>) {
    super()
    constructed.push('Engine')
    this.args = args
  }
}
class Free extends Component {
  readonly args: Record<string, unknown>
  constructor(args: Record<string, unknown>) {
    super()
    this.args = args
  }
}
class Foreign {
  readonly words: readonly string[]
  constructor(words: readonly string[]) {
    this.words = words
  }
}
class Task extends Runnable {
  readonly args: Record<string, unknown>
  constructor(args: Record<string, unknown>) {
    super()
    this.args = args
  }
  run() {}
}

const object = (properties: Record<string, JsonSchema>, required: string[] = []): JsonSchema => ({
  type: 'object',
  properties: properties as Record<string, never>,
  required,
  additionalProperties: false,
})
const entry = (parameters: JsonSchema, factories: Record<string, JsonSchema> = {}): ClassEntry => ({
  version: '0.0.0',
  source: '',
  parameters,
  factories,
})
const size = { type: 'integer', minimum: 1 } as const
const engineParameters = object(
  {
    model: { 'x-flambe-class': 'Model' },
    threshold: { type: 'number', minimum: 0, maximum: 1, default: 0.5 },
    maxLength: { type: 'integer' },
    mode: { enum: ['fast', 'exact'] },
    names: { type: 'array', items: { type: 'string' }, maxItems: 2 },
    models: { type: 'array', items: { 'x-flambe-class': 'Model' } },
    either: { anyOf: [{ type: 'string' }, { type: 'number' }] },
    tree: { $ref: '#/$defs/tree' },
    path: { type: 'string' },
  },
  ['model'],
)
const withDefs = {
  ...(engineParameters as object),
  $defs: { tree: object({ left: { $ref: '#/$defs/tree' }, value: { type: 'number' } }) },
} as JsonSchema

function extension(
  namespace: string,
  exports: Record<string, unknown>,
  classes: Record<string, ClassEntry> = {},
): Extension {
  const pack = () => Promise.reject(new Error('not packed here'))
  return {
    namespace,
    directory: '/',
    modules: [],
    code: { entry: `code/${namespace}/index.js`, location: '.' },
    exports,
    classes,
    pack,
  }
}

const extensions = [
  extension(
    'ext',
    {
      Model,
      Deep,
      Engine,
      Free,
      Task,
      Foreign: register(Foreign, {
        create: ({ words }: { words: string[] }) => new Foreign(words),
        aliases: ['Words'],
      }),
      helper: () => 1,
      Plain: class Plain {},
    },
    {
      Model: entry(object({ size }), { fromSize: object({ size }, ['size']) }),
      Deep: entry(object({ size })),
      Engine: entry(withDefs),
    },
  ),
  extension('other', { Model: class Model extends Component {}, Only: class Only extends Component {} }),
]
const builtins = {
  Do: {
    class: Task,
    parameters: object(
      {
        component: { 'x-flambe-class': 'Component' },
        storage: { enum: ['local', 's3'] },
        destination: { type: 'string' },
      },
      ['component', 'destination'],
    ),
  },
}

function compile(component: string, { directory = '/spec', top = '' } = {}) {
  const spec = parseSpec(`!Do\n${top}destination: out\ncomponent: ${component}\n`)
  const compiled = compileSpec(spec, { extensions, builtins, directory })
  return { ...compiled, blueprint: compiled.args['component'] as Blueprint }
}

function problems(component: string, options = {}): string[] {
  try {
    compile(component, options)
    return []
  } catch (error) {
    if (!(error instanceof FlambeError)) throw error
    return error.problems
      .filter(({ severity }) => severity === 'error')
      .map(
        ({ position, message, hint }) =>
          `${position?.line}:${position?.column} ${message}${hint ? ` (${hint})` : ''}`,
      )
  }
}

const config = (component: string, options = {}) => compile(component, options).blueprint.config

describe('tags', () => {
  test('the name in the header is the namespace, whatever the class and its module are called (row 13)', () => {
    expect(problems('!other.Model')).toEqual([])
    expect(problems('!acme.Model').join()).toContain('There is no extension "acme"')
  })

  test.each([
    ['a class of an extension (row 8)', '!ext.Model', { $type: 'ext.Model', args: {} }],
    [
      'a factory (row 9)',
      '!ext.Model.fromSize {size: 7}',
      { $type: 'ext.Model', $factory: 'fromSize', args: { size: 7 } },
    ],
    [
      'a factory in snake_case (row 9)',
      '!ext.Model.from_size {size: 7}',
      { $type: 'ext.Model', $factory: 'fromSize', args: { size: 7 } },
    ],
    [
      'an inherited factory (row 10)',
      '!ext.Deep.load_from_path {path: ./m}',
      { $type: 'ext.Deep', $factory: 'loadFromPath', args: { path: '/spec/m' } },
    ],
    [
      'an alias, dumped as it was written (row 11)',
      '!ext.Net {size: 2}',
      { $type: 'ext.Net', args: { size: 2 } },
    ],
    [
      "an alias's factory (row 9)",
      '!ext.Net.fromSize {size: 2}',
      { $type: 'ext.Net', $factory: 'fromSize', args: { size: 2 } },
    ],
    [
      'a registered foreign class (row 12)',
      '!ext.Words {words: [a]}',
      { $type: 'ext.Words', args: { words: ['a'] } },
    ],
    ['a unique name without its extension', '!Deep', { $type: 'ext.Deep', args: {} }],
    [
      'a class without types takes anything',
      '!ext.Free {a: {b: [1]}}',
      { $type: 'ext.Free', args: { a: { b: [1] } } },
    ],
  ])('%s', (_, text, expected) => {
    expect(config(text)).toEqual(expected)
  })

  test('a name without its extension works with a warning that says how to write it (row 8)', () => {
    expect(compile('!Deep').warnings.map(({ message, hint }) => [message, hint])).toEqual([
      ['!Deep is read as !ext.Deep', 'write !ext.Deep'],
    ])
  })

  test.each([
    ['an ambiguous name (row 8)', '!Model', '3:12 !Model is ambiguous (write !ext.Model or !other.Model)'],
    [
      'an unknown name (row 15)',
      '!Modle',
      'Unknown tag: !Modle. Make sure the class, or factory was correctly registered. (did you mean !ext.Model',
    ],
    [
      'an unknown export (row 15)',
      '!ext.Engin',
      '3:12 the extension "ext" exports no "Engin" (did you mean "Engine"?)',
    ],
    ['an unknown extension (row 15)', '!exd.Engine', 'There is no extension "exd" (did you mean "ext"?)'],
    [
      'an export that is no class',
      '!ext.helper',
      'the extension "ext" exports "helper", but it is no class (a component is a class: write "class helper extends Component"',
    ],
    [
      'a class that is no component',
      '!ext.Plain',
      'the extension "ext" exports "Plain", but it is a class that does not extend Component (a component is a class: write "class Plain extends',
    ],
    [
      'an unknown factory (row 9)',
      '!ext.Model.from_sizes',
      'ext.Model has no factory "from_sizes" (did you mean "fromSize"?)',
    ],
    [
      'a Runnable in the place of a component',
      '!ext.Task',
      '!ext.Task is a Runnable, and a component is needed here',
    ],
  ])('%s is refused', (_, text, expected) => {
    expect(problems(text).join('\n')).toContain(expected)
  })

  test('a component in the place of the Runnable is refused (row 3)', () => {
    const compileIt = () => compileSpec(parseSpec('!ext.Model'), { extensions, builtins, directory: '/' })
    expect(compileIt).toThrow('Tried to run a non-Runnable: ext.Model is a component')
  })

  test('a Runnable of an extension is one like any other (row 52)', () => {
    const compiled = compileSpec(parseSpec('!ext.Task {a: 1, b: !ext.Model {size: 3}, f: !file x}'), {
      extensions,
      builtins,
      directory: '/d',
    })
    const task = instantiate(compiled) as Task
    expect(task.args).toMatchObject({
      a: 1,
      b: { config: { $type: 'ext.Model', args: { size: 3 } } },
      f: '/d/x',
    })
  })
})

describe('arguments', () => {
  test.each([
    [
      'an unknown argument (row 7)',
      '!ext.Engine {model: !ext.Model, treshold: 1}',
      '3:44 ext.Engine got an unexpected argument "treshold" (did you mean "threshold"?)',
    ],
    [
      'a missing argument (row 7)',
      '!ext.Engine {threshold: 1}',
      '3:12 ext.Engine needs the argument "model"',
    ],
    [
      'an integer that no number is',
      '!ext.Engine {model: !ext.Model, threshold: 123456789012345678901234567890}',
      '"threshold" of ext.Engine takes a number, and this is 123456789012345678901234567890 (no number is exactly that',
    ],
    [
      'a wrong type',
      '!ext.Engine {model: !ext.Model, threshold: high}',
      '"threshold" of ext.Engine takes a number, and this is "high"',
    ],
    [
      'too large a number',
      '!ext.Engine {model: !ext.Model, threshold: 1.5}',
      'takes at most 1, and this is 1.5',
    ],
    ['no integer', '!ext.Model {size: 1.5}', '"size" of ext.Model takes an integer, and this is 1.5'],
    [
      'a value that is no choice',
      '!ext.Engine {model: !ext.Model, mode: slow}',
      'should be one of: [fast, exact], and this is "slow"',
    ],
    [
      'an item of a wrong type',
      '!ext.Engine {model: !ext.Model, names: [a, 1]}',
      '"names[1]" of ext.Engine takes a string, and this is 1',
    ],
    [
      'too many items',
      '!ext.Engine {model: !ext.Model, names: [a, b, c]}',
      'takes at most 2 items, and this has 3',
    ],
    [
      'neither of two types',
      '!ext.Engine {model: !ext.Model, either: [1]}',
      'takes a string or a number, and this is a list',
    ],
    [
      'a wrong value deep in a recursive type',
      '!ext.Engine {model: !ext.Model, tree: {left: {left: {value: x}}}}',
      '"tree.left.left.value" of ext.Engine takes a number',
    ],
    ['an unknown key in a mapping', '!ext.Engine {model: !ext.Model, tree: {right: 1}}', 'has no "right"'],
    [
      'a component of another class',
      '!ext.Engine {model: !ext.Engine {model: !ext.Model}}',
      '"model" of ext.Engine takes a Model, and this is !ext.Engine',
    ],
    [
      'a text in the place of a component',
      '!ext.Engine {model: hello}',
      'takes a Model, and this is "hello"',
    ],
    [
      'one argument in two spellings',
      '!ext.Engine {model: !ext.Model, maxLength: 1, max_length: 2}',
      '"max_length" is given twice',
    ],
    [
      'a file that is not there',
      '!ext.Engine {model: !ext.Model, path: !file nope.bin}',
      'the file nope.bin is not there',
    ],
  ])('%s is refused at its place', (_, text, expected) => {
    expect(problems(text).join('\n')).toContain(expected)
  })

  test.each([
    ['snake_case finds camelCase', '!ext.Engine {model: !ext.Model, max_length: 3}', { maxLength: 3 }],
    ['a subclass fits its base', '!ext.Engine {model: !ext.Deep}', {}],
    [
      'a link fits everywhere',
      '!ext.Engine {model: !ext.Model {size: 2}, threshold: !@ model.size}',
      { threshold: { $link: 'model.size' } },
    ],
    ['a union takes either', '!ext.Engine {model: !ext.Model, either: 1}', { either: 1 }],
    [
      'special values',
      '!ext.Engine {model: !ext.Model, either: .inf}',
      { either: { $value: 'number', text: 'Infinity' } },
    ],
  ])('%s', (_, text, expected) => {
    expect(config(text).args).toMatchObject(expected)
  })

  test('every problem is told before any constructor runs (row 7, row 15)', () => {
    constructed.length = 0
    const text = '!ext.Engine\n  model: !ext.Modell\n  treshold: 1\n  names: 3\n'
    expect(problems(text)).toHaveLength(3)
    expect(constructed).toEqual([])
  })

  test('defaults are filled in, given ones first (row 23)', () => {
    expect(Object.entries(config('!ext.Engine {mode: fast, model: !ext.Model}').args)).toEqual([
      ['mode', 'fast'],
      ['model', { $type: 'ext.Model', args: {} }],
      ['threshold', 0.5],
    ])
  })

  test('an unknown or missing argument of the Runnable is told too (row 6)', () => {
    const compileIt = () =>
      compileSpec(parseSpec('!Do\ncomponnet: !ext.Model\ndestination: x'), {
        extensions,
        builtins,
        directory: '/',
      })
    const told = ['Do needs the argument "component"', 'Do got an unexpected argument "componnet"'].map(
      (message) => expect.objectContaining({ message }),
    )
    expect(compileIt).toThrow(expect.objectContaining({ code: 'SPEC_INVALID', problems: told }))
  })

  test('an unknown storage is refused before anything is built (row 45)', () => {
    constructed.length = 0
    expect(problems('!ext.Model', { top: 'storage: gcs\n' }).join()).toContain(
      '"storage" of Do should be one of: [local, s3], and this is "gcs"',
    )
    expect(constructed).toEqual([])
  })

  test('a component that is none is refused (row 6)', () => {
    expect(problems('1').join()).toContain(
      '"component" of Do takes a Component, and this is 1 (write !ext.Model, !ext.Net, !ext.Network, …)',
    )
  })

  test('a file asset is the absolute path of a file that is there', () => {
    const directory = folder({ 'w.bin': 'x' })
    expect(
      config('!ext.Engine {model: !ext.Model, path: !file ./w.bin}', { directory }).args['path'],
    ).toEqual({ $file: join(directory, 'w.bin') })
    expect(problems('!ext.Engine {model: !ext.Model, path: !file .}', { directory }).join()).toContain(
      'is a folder',
    )
  })
})

describe('shared instances and links', () => {
  test('an anchor is built once (row 16)', async () => {
    const { blueprint } = compile('!ext.Free {a: &m !ext.Model {size: 2}, b: *m, c: [*m]}')
    expect(blueprint.config.args).toMatchObject({ a: { $id: 'a' }, b: { $ref: 'a' }, c: [{ $ref: 'a' }] })
    const { args } = (await blueprint.build()) as Free
    expect(args['b']).toBe(args['a'])
    expect((args['c'] as unknown[])[0]).toBe(args['a'])
  })

  test.each([
    ['forward', '!ext.Free {a: !@ b, b: 1}', 'leads to something below it'],
    ['to a parent', '!ext.Free {a: {x: !@ a}}', 'leads to what holds the link itself'],
    [
      'to an unknown argument',
      '!ext.Free {a: 1, b: !@ c}',
      'the top object has no argument "c" (there is a, b)',
    ],
    ['to an unknown key', '!ext.Free {a: {k: 1}, b: !@ "a[z]"}', 'there is no key "z" (there is k)'],
    ['that is malformed', '!ext.Free {a: 1, b: !@ a.}', 'is malformed: it ends with a dot'],
    ['outside of a component', '1', 'x'],
  ])('a link %s is refused at its place (row 19)', (_, text, expected) => {
    if (text === '1') {
      const compileIt = () =>
        compileSpec(parseSpec('!ext.Task {a: 1, b: !@ a}'), { extensions, builtins, directory: '/' })
      expect(compileIt).toThrow('a link is only valid inside a component')
    } else expect(problems(text).join()).toContain(expected)
  })

  test('links in lists and nested components resolve (row 18)', async () => {
    const { blueprint } = compile(
      '!ext.Free {m: !ext.Model {size: 3}, list: [!@ m.size], in: !ext.Free {n: !@ "m[size]"}}',
    )
    const { args } = (await blueprint.build()) as Free
    expect([args['list'], (args['in'] as Free).args['n']]).toEqual([[3], 3])
  })
})

describe('blueprints', () => {
  test('nothing is built until it is asked for, and each build gives a new object (row 21, row 22)', async () => {
    constructed.length = 0
    const { blueprint } = compile('!ext.Model {size: 3}')
    expect(constructed).toEqual([])
    const [a, b] = [await blueprint.build(), await blueprint.build()]
    expect(a).not.toBe(b)
    expect(a).toMatchObject({ size: 3 })
  })

  test('arguments can be read, and replaced in a new blueprint (row 21, row 22)', async () => {
    const { blueprint } = compile('!ext.Model {size: 3}')
    const changed = blueprint.with({ size: 5 })
    expect([blueprint.config.args, changed.config.args]).toEqual([{ size: 3 }, { size: 5 }])
    expect(await changed.build()).toMatchObject({ size: 5 })
  })
})

test('a config as YAML reads back as the same config (row 11)', () => {
  const text = '!ext.Free\na: &m !ext.Net\n  size: 2\nb: *m\nc: !@ a.size\nd:\n  - 1\n  - x: null\n'
  const first = config(text.replaceAll('\n', '\n  '))
  const dumped = stringifyConfig(first)
  const again = config(dumped.replaceAll('\n', '\n  '))
  expect(again).toEqual(first)
  expect(dumped).toContain('!ext.Net')
})
