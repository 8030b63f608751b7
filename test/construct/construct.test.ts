import { describe, expect, test } from 'vitest'
import {
  type ComponentConfig,
  type Constructible,
  compareVersions,
  construct,
  isComponent,
  makingOf,
  nodesOf,
  parseLink,
} from '../../src/construct/index.ts'
import { Component, register } from '../../src/index.ts'

class Leaf extends Component {
  readonly size: number
  constructor({ size = 1 }: { size?: number } = {}) {
    super()
    this.size = size
  }
  static tiny({ size }: { size: number }) {
    return new Leaf({ size: size / 10 })
  }
  static async later() {
    return new Leaf({ size: 99 })
  }
  static wrong() {
    return new Map()
  }
}

class Box extends Component {
  readonly args: Record<string, unknown>
  constructor(args: Record<string, unknown>) {
    super()
    this.args = args
  }
}

class Hidden extends Component {
  readonly #leaf: Leaf
  constructor({ leaf }: { leaf: Leaf }) {
    super()
    this.#leaf = leaf
  }
  get size() {
    return this.#leaf.size
  }
}

class Broken extends Component {
  constructor() {
    super()
    throw new RangeError('no luck')
  }
}

class Foreign {
  readonly words: readonly string[]
  constructor(words: readonly string[]) {
    this.words = words
  }
}

const types = new Map<string, Constructible>(
  Object.entries({
    Leaf,
    Box,
    Hidden,
    Broken,
    Foreign: register(Foreign, { create: ({ words }: { words: string[] }) => new Foreign(words) }),
  }),
)
const leaf = (size: number, id?: string): ComponentConfig => ({
  $type: 'Leaf',
  ...(id && { $id: id }),
  args: { size },
})
const box = async (args: ComponentConfig['args']) =>
  (await construct({ $type: 'Box', args }, { types, directory: '/base' })) as Box

describe('construct', () => {
  test('children are built first, in lists and mappings too', async () => {
    const { args } = await box({ a: leaf(2), list: [leaf(3)], map: { b: leaf(4) } })
    expect(args).toMatchObject({ a: { size: 2 }, list: [{ size: 3 }], map: { b: { size: 4 } } })
    expect(args['a']).toBeInstanceOf(Leaf)
  })

  test('a shared instance is one object (row 16)', async () => {
    const { args } = await box({ a: leaf(2, 'x'), b: { $ref: 'x' }, c: [{ $ref: 'x' }] })
    expect(args['b']).toBe(args['a'])
    expect(args['c']).toEqual([args['a']])
  })

  test('factories make instances, asynchronous ones too (row 9)', async () => {
    const { args } = await box({
      a: { $type: 'Leaf', $factory: 'tiny', args: { size: 70 } },
      b: { $type: 'Leaf', $factory: 'later', args: {} },
    })
    expect(args).toMatchObject({ a: { size: 7 }, b: { size: 99 } })
  })

  test('a registered foreign class is made by its own function (row 12)', async () => {
    const { args } = await box({ t: { $type: 'Foreign', args: { words: ['a'] } } })
    expect(args['t']).toEqual(new Foreign(['a']))
  })

  test('arguments are what their types declare', async () => {
    const special = (type: string, more: object) => ({ ...more, 'x-flambe-type': type })
    const parameters = () => ({
      type: 'object',
      properties: {
        weights: special('Float32Array', { type: 'array' }),
        since: special('Date', { type: 'string' }),
        count: special('bigint', { type: 'integer' }),
        layers: { type: 'array', items: { type: 'object', properties: { bias: special('Int8Array', {}) } } },
        leaf: {
          anyOf: [
            { 'x-flambe-class': 'Leaf' },
            { type: 'object', properties: { since: special('Date', {}) } },
          ],
        },
      },
    })
    const args = { weights: [1, 2], since: '2020-01-01', count: 5, layers: [{ bias: [3] }], leaf: leaf(2) }
    const made = (await construct({ $type: 'Box', args }, { types, parameters })) as Box
    expect(made.args).toEqual({
      weights: Float32Array.of(1, 2),
      since: new Date('2020-01-01'),
      count: 5n,
      layers: [{ bias: Int8Array.of(3) }],
      leaf: new Leaf({ size: 2 }),
    })
    expect(makingOf(made)?.config.args).toEqual(args)
  })

  test.each<[string, ComponentConfig['args'], string]>([
    [
      'that it does not take any more',
      { size: 1, colour: 'red' },
      'argument "colour" is no longer accepted by Leaf',
    ],
    ['that is new and has no default', {}, 'Leaf needs the argument "size", which was not saved'],
  ])('an argument of a changed class %s is named (row 37)', async (_, args, message) => {
    const parameters = () => ({
      type: 'object',
      properties: { size: { type: 'number' } },
      required: ['size'],
      additionalProperties: false,
    })
    await expect(construct({ $type: 'Leaf', args }, { types, parameters })).rejects.toMatchObject({
      code: 'COMPONENT_INVALID',
      message,
    })
  })

  test('files, escaped keys and values beyond JSON', async () => {
    const { args } = await box({
      f: { $file: 'assets/w' },
      m: { $$type: 'plain', $$ref: 1 },
      n: { $value: 'bigint', text: '5' },
      i: { $value: 'number', text: 'Infinity' },
    })
    expect(args).toEqual({
      f: '/base/assets/w',
      m: { $type: 'plain', $ref: 1 },
      n: 5n,
      i: Number.POSITIVE_INFINITY,
    })
  })

  test.each([
    ['an attribute', 'model.size', 2],
    ['a key', 'model[size]', 2],
    ['through a mapping', 'map[inner][deep]', 'd'],
    ['through a list', 'list[0].size', 3],
    ['through another link', 'again.size', 2],
    ['through a shared instance', 'shared[size]', 2],
  ])('a link leads to %s (row 18)', async (_, link, expected) => {
    const args = {
      model: leaf(2, 'm'),
      map: { inner: { deep: 'd' } },
      list: [leaf(3)],
      again: { $link: 'model' },
      shared: { $ref: 'm' },
    }
    const made = await box({ ...args, at: { $link: link }, within: [{ $link: link }] })
    expect([made.args['at'], made.args['within']]).toEqual([expected, [expected]])
  })

  test.each([
    ['forward', { at: { $link: 'below' }, below: 1 }, 'stands below it'],
    ['to its parent', { at: { x: { $link: 'at' } } }, 'holds the link itself'],
    ['to an unknown argument', { a: 1, at: { $link: 'b' } }, 'the top object has no argument "b"'],
    ['to an unknown key', { a: { k: 1 }, at: { $link: 'a[z]' } }, 'there is no key "z"'],
    [
      'to an unknown attribute',
      { a: leaf(1), at: { $link: 'a.nope' } },
      'the object has no attribute "nope"',
    ],
    ['to itself', { a: { $link: 'a' } }, 'holds the link itself'],
  ] as const)('a link %s is refused (row 19)', async (_, args, expected) => {
    await expect(box(args)).rejects.toMatchObject({
      code: 'LINK_INVALID',
      message: expect.stringContaining(expected),
    })
  })

  test.each([
    [
      'a constructor that throws',
      { $type: 'Broken', args: {} },
      'COMPONENT_FAILED',
      'Broken at x threw while it was built: no luck',
    ],
    ['an unknown class', { $type: 'Nope', args: {} }, 'COMPONENT_INVALID', 'there is no class Nope at x'],
    [
      'an unknown factory',
      { $type: 'Leaf', $factory: 'nope', args: {} },
      'COMPONENT_INVALID',
      'Leaf has no static method nope',
    ],
    [
      'a factory of something else',
      { $type: 'Leaf', $factory: 'wrong', args: {} },
      'COMPONENT_INVALID',
      'gave a Map, and not a Leaf',
    ],
  ])('%s says so', async (_, config, code, message) => {
    await expect(box({ x: config })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    })
  })

  test('each object remembers how it was made', async () => {
    const made = await box({ a: leaf(2), l: { $link: 'a.size' } })
    expect(makingOf(made)?.config).toEqual({ $type: 'Box', args: { a: leaf(2), l: { $link: 'a.size' } } })
    expect(Object.keys(made)).toEqual(['args'])
  })
})

describe('create', () => {
  test('records the arguments, components among them', () => {
    const inner = Leaf.create({ size: 3 })
    const outer = Box.create({ leaf: inner, numbers: [1, Number.NaN] })
    expect(makingOf(outer)?.config).toMatchObject({
      $type: 'Box',
      args: { leaf: { $type: 'Leaf', args: { size: 3 } }, numbers: [1, { $value: 'number', text: 'NaN' }] },
    })
  })

  test('refuses what no config can describe', () => {
    expect(() => Box.create({ f: () => 1 })).toThrow(
      'the argument f is a function, which a config cannot describe',
    )
    expect(() => Box.create({ leaf: new Leaf() })).toThrow('the argument leaf is a Leaf')
  })
})

describe('the components in a component', () => {
  test('are found in attributes, lists, mappings, Maps and private arguments', async () => {
    const hidden = (await construct({ $type: 'Hidden', args: { leaf: leaf(5) } }, { types })) as Hidden
    expect(nodesOf(hidden).map(({ path }) => path)).toEqual(['', 'leaf'])
    const root = Object.assign(new Box({}), {
      direct: new Leaf(),
      list: [1, new Leaf()],
      map: new Map([['key', new Leaf()]]),
      'odd/name': new Leaf(),
      code: new Leaf(),
    })
    expect(nodesOf(root).map(({ path }) => path)).toEqual([
      '',
      'direct',
      'list/1',
      'map/key',
      'odd%2fname',
      '%code',
    ])
  })

  test('are listed once a path, a shared one naming its first, and cycles end', () => {
    const shared = new Leaf()
    const root = Object.assign(new Box({}), { a: shared, b: shared, self: {} as object })
    root.self = root
    expect(nodesOf(root).map(({ path, same }) => [path, same])).toEqual([
      ['', undefined],
      ['a', undefined],
      ['b', 'a'],
      ['self', ''],
    ])
  })

  test('are known across two copies of flambe', async () => {
    const copy = '../../src/component/component.ts?copy'
    const { Component: Other } = (await import(copy)) as { Component: abstract new () => Component }
    class Theirs extends Other {}
    expect(Other).not.toBe(Component)
    expect(isComponent(new Theirs())).toBe(true)
  })
})

describe('links (row 19)', () => {
  test.each([
    ['model', { root: 'model', keys: [], attributes: [] }],
    ['model.emb.enc', { root: 'model', keys: [], attributes: ['emb', 'enc'] }],
    ['model[emb][enc]', { root: 'model', keys: ['emb', 'enc'], attributes: [] }],
    ['model[emb][enc].a.b', { root: 'model', keys: ['emb', 'enc'], attributes: ['a', 'b'] }],
  ])('%s parses', (text, expected) => {
    expect(parseLink(text)).toEqual(expected)
  })

  test.each([
    ['', 'names no top-level argument'],
    ['[x]', 'names no top-level argument'],
    ['.x', 'names no top-level argument'],
    [' model', 'blanks around its first name'],
    ['modelemb][enc]', 'a bracket is closed that was not opened'],
    ['model[emb', 'a bracket is opened and not closed'],
    ['model[emb[enc]', 'opened before the one before it is closed'],
    ['model[]', 'nothing between its brackets'],
    ['model[emb]enc', '"enc" follows a bracket without a dot'],
    ['a[b]c', '"c" follows a bracket without a dot'],
    ['model.', 'ends with a dot'],
    ['model..x', 'an attribute between two dots has no name'],
    ['model.a[b]', 'a key in brackets follows an attribute'],
    ['model.a]', 'a bracket is closed that was not opened'],
  ])('"%s" is refused', (text, expected) => {
    expect(() => parseLink(text)).toThrow(expected)
  })
})

describe('versions (row 32)', () => {
  test.each([
    ['1.0.0', '2.0.0', 'error'],
    ['1.0.0', '1.1.0', 'warning'],
    ['1.0.0', '1.0.1', 'debug'],
    ['1.0.0', '1.0.0', 'same'],
    ['0.1.0', '1.0.0', 'error'],
    ['1.2.3-rc.1', '1.2.3', 'same'],
  ])('%s and now %s: %s', (saved, present, level) => {
    expect(compareVersions({ type: 'X', version: saved }, { type: 'X', version: present }).level).toBe(level)
  })

  test.each([
    ['the same source', 'a', 'a', 'same'],
    ['another source', 'a', 'b', 'warning'],
  ])('0.0.0 with %s: %s', (_, before, now, level) => {
    const compared = compareVersions(
      { type: 'X', version: '0.0.0', source: before },
      { type: 'X', version: '0.0.0', source: now },
    )
    expect(compared.level).toBe(level)
  })

  test('a version of another form is refused', () => {
    expect(() => compareVersions({ type: 'X', version: 'one' }, { type: 'X', version: '1.0.0' })).toThrow(
      '"one"',
    )
  })
})
