import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FlambeError } from '../../src/errors.ts'
import { decodeSpec, formatProblem, parseSpec, readSpec, type SpecNode } from '../../src/spec/index.ts'
import { folder } from '../helpers/folder.ts'

/** The problems of a text, one line each: `line:column message`. */
function problems(text: string): string[] {
  try {
    parseSpec(text)
    return []
  } catch (error) {
    if (!(error instanceof FlambeError)) throw error
    expect(error.code).toBe('SPEC_INVALID')
    return error.problems.map(({ message, position }) => `${position?.line}:${position?.column} ${message}`)
  }
}

/** A node as plain data: tags as `!name`, positions left out. */
function plain(node: SpecNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'sequence':
      return node.items.map(plain)
    case 'mapping':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]))
    case 'tagged':
      return { [`!${node.parts.join('.')}`]: plain(node.args) }
    case 'link':
      return { link: node.text }
    case 'file':
      return { file: node.path }
  }
}

const args = (text: string) => plain(parseSpec(text).root.args)

describe('documents', () => {
  test('a file with and without an extensions header parses (row 1)', () => {
    expect(parseSpec('!B\na: 1').extensions).toEqual([])
    const { extensions, root } = parseSpec('ext: ./e\nother: pkg@1\n---\n!B\na: 1\n')
    expect(extensions.map(({ name, location }) => [name, location])).toEqual([
      ['ext', './e'],
      ['other', 'pkg@1'],
    ])
    expect(plain(root)).toEqual({ '!B': { a: 1 } })
  })

  test.each([
    [
      'three documents (row 1)',
      'a: b\n---\n!B\n---\n!C',
      '4:1 spec.yaml should contain an (optional) extensions section',
    ],
    ['an empty file (row 3)', '', '1:1 the spec is empty'],
    ['comments alone (row 3)', '# nothing\n', '1:1 the spec is empty'],
    ['an empty header (row 2)', '---\n---\n!B', 'extensions must be a mapping module: location'],
    ['a list as header (row 2)', '- a\n---\n!B', '1:1 extensions must be a mapping module: location'],
    [
      'a location that is no text (row 2)',
      'e: [1]\n---\n!B',
      '1:4 extensions must be a mapping module: location',
    ],
    ['a name that no tag can hold', 'a b: ./x\n---\n!B', '1:1 "a b" cannot be the name of an extension'],
    ['a main object without a tag (row 3)', 'a: 1', '1:1 Tried to run a non-Runnable'],
    ['a text as main object (row 3)', 'hello', '1:1 Tried to run a non-Runnable'],
    ['a syntax error (row 4)', '!B\na: [1, 2\nb: 3', 'this "[" is never closed'],
    [
      'a key that is there twice (row 5)',
      '!B\na: 1\nb: 2\na: 3',
      '4:1 the key "a" is there twice, on lines 2 and 4',
    ],
    [
      'a nested key that is there twice (row 5)',
      '!B\nx:\n  a: 1\n  a: 3',
      '4:3 the key "a" is there twice, on lines 3 and 4',
    ],
    ['a key __proto__', '!B\n__proto__: 1', '2:1 the key "__proto__" is not allowed'],
    [
      'a single value under a tag (row 14)',
      '!B\na: !X hello',
      '2:7 !X takes named arguments, and this is a single value',
    ],
    ['a list under a tag (row 14)', '!B\na: !X [1]', '2:7 !X takes named arguments, and this is a list'],
    ['a grid of options (row 20)', '!B\na: !g [1, 2]', '2:4 !g: options are only valid in an Experiment'],
    ['a sample of options (row 20)', '!B\na: !s [1, 2]', '2:4 !s: options are only valid in an Experiment'],
    ['an experiment', '!Experiment\na: 1', '1:1 !Experiment: experiments are not run here'],
    ['two dots of the documentation', '!B\n..\na: 1', '2:1 ".." is an ellipsis of the documentation'],
    ['three dots, indented', '!B\na: !X\n    ...\n    b: 1', '3:5 "..." is an ellipsis of the documentation'],
    ['an alias of nothing', '!B\na: *x', '2:4 there is no anchor "&x"'],
    [
      'an alias inside its own anchor',
      '!B\na: &x {b: *x}',
      '2:11 the alias "*x" stands inside what it refers to',
    ],
    ['a merge of a text', '!B\na: {<<: x}', '2:5 a merge key (<<) takes a mapping'],
    ['a malformed tag', '!B\na: !x.y.z.w 1', '2:4 !x.y.z.w is not a tag of the form'],
  ])('%s is refused', (_, text, expected) => {
    expect(problems(text).join('\n')).toContain(expected)
  })

  test('all problems are told at once, in their order', () => {
    expect(problems('!B\na: 1\na: 2\nb: !g [1]\nc: !X 1').map((line) => line.split(' ')[0])).toEqual([
      '3:1',
      '4:4',
      '5:7',
    ])
  })
})

describe('values', () => {
  test.each([
    [
      'YAML 1.2 words',
      'a: yes\nb: on\nc: ~\nd: true\ne: null',
      { a: 'yes', b: 'on', c: null, d: true, e: null },
    ],
    [
      'numbers',
      'a: 010\nb: 0o10\nc: 1e3\nd: .inf\ne: -1.5',
      { a: 10, b: 8, c: 1000, d: Number.POSITIVE_INFINITY, e: -1.5 },
    ],
    ['an integer beyond 2^53', 'a: 12345678901234567890', { a: 12345678901234567890n }],
    ['standard tags', 'a: !!str 5\nb: !!float 1', { a: '5', b: 1 }],
    [
      'a tag without arguments (row 14)',
      'a: !X\nb: !X {}\nc: !X ~',
      { a: { '!X': {} }, b: { '!X': {} }, c: { '!X': {} } },
    ],
    ['a namespaced factory', 'a: !e.X.tiny {n: 7}', { a: { '!e.X.tiny': { n: 7 } } }],
    ['links', 'a: !@ m[l].s\nb: [!link m]', { a: { link: 'm[l].s' }, b: [{ link: 'm' }] }],
    ['file assets', 'a: !file ./w.onnx', { a: { file: './w.onnx' } }],
    [
      'merge keys (row 17)',
      'x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}',
      { x: { a: 1, b: 2 }, y: { a: 1, b: 3 } },
    ],
    [
      'a list of merges, the first one wins',
      'x: &x {a: 1}\nz: &z {a: 2, c: 3}\ny: {<<: [*x, *z]}',
      { x: { a: 1 }, z: { a: 2, c: 3 }, y: { a: 1, c: 3 } },
    ],
    ['CRLF and a byte order mark', '\uFEFFa: 1\r\nb: two\r\n', { a: 1, b: 'two' }],
  ])('%s', (_, body, expected) => {
    const text = body.startsWith('\uFEFF') ? `\uFEFF!B\r\n${body.slice(1)}` : `!B\n${body}`
    expect(args(text)).toEqual(expected)
  })

  test('an alias is the very node that its anchor marks (row 16)', () => {
    const { entries } = parseSpec('!B\na: &x !X {n: 1}\nb: *x\nc: {d: [*x]}').root.args
    const [a, b, c] = entries.map(({ value }) => value)
    expect(b).toBe(a)
    expect(
      c?.kind === 'mapping' && c.entries[0]?.value.kind === 'sequence' && c.entries[0].value.items[0],
    ).toBe(a)
  })

  test("the user's exact text is kept, comments and all (row 17, row 68)", () => {
    const text = '# why\n!B   # here\na:   1\n'
    expect(parseSpec(text).text).toBe(text)
  })

  test('a tag that ends with a colon works, with a warning', () => {
    const { root, warnings } = parseSpec('!B\nm: !e.M.load_from_path:\n  path: /p')
    expect(plain(root)).toEqual({ '!B': { m: { '!e.M.load_from_path': { path: '/p' } } } })
    expect(warnings.map(({ message }) => message)).toEqual([
      'the tag !e.M.load_from_path ends with a colon; it is read without',
    ])
  })

  test('positions are those of the text', () => {
    const { root } = parseSpec('e: x\n---\n!B\na: !e.M\n  b:   12\n')
    const [a] = root.args.entries
    expect(root.position).toMatchObject({ line: 3, column: 1, length: 2 })
    expect(a?.value.position).toMatchObject({ line: 4, column: 4, length: 4 })
    const inner = a?.value.kind === 'tagged' ? a.value.args.entries[0] : undefined
    expect(inner?.keyPosition).toMatchObject({ line: 5, column: 3 })
    expect(inner?.value.position).toMatchObject({ line: 5, column: 8, length: 2 })
  })
})

describe('--set', () => {
  const set = (text: string, ...pairs: [string, string][]) =>
    plain(parseSpec(text, { overrides: pairs.map(([path, value]) => ({ path, value })) }).root.args)

  test.each([
    ['a value', [['a', '2']], { a: 2, b: { '!X': { n: [1, 2] } } }],
    ['a nested value', [['b.n.1', '5']], { a: 1, b: { '!X': { n: [1, 5] } } }],
    ['a new argument', [['b.m', 'text']], { a: 1, b: { '!X': { n: [1, 2], m: 'text' } } }],
    ['a tagged value', [['a', '!Y {k: 1}']], { a: { '!Y': { k: 1 } }, b: { '!X': { n: [1, 2] } } }],
    [
      'several',
      [
        ['a', '[]'],
        ['b', '~'],
      ],
      { a: [], b: null },
    ],
  ] as const)('%s', (_, pairs, expected) => {
    expect(
      set('!B\na: 1\nb: !X {n: [1, 2]}', ...pairs.map(([path, value]): [string, string] => [path, value])),
    ).toEqual(expected)
  })

  test.each([
    ['a way through nothing', 'c.d', '1', 'there is no "c"'],
    ['a way into a value', 'a.d', '1', '"d" leads into a single value'],
    ['an index beyond a list', 'b.n.7', '1', '"7" leads into a list of 2'],
    ['a value that is no YAML', 'a', '[1', 'this "[" is never closed'],
  ])('%s is refused', (_, path, value, expected) => {
    const parse = () => parseSpec('!B\na: 1\nb: !X {n: [1, 2]}', { overrides: [{ path, value }] })
    expect(parse).toThrow(expected)
  })
})

describe('a spec that is not there', () => {
  test.each([
    ['by its other ending', 'spec.yml', 'did you mean DIR/spec.yaml?'],
    ['by a folder', '', 'it is a folder: did you mean DIR/other.yaml or DIR/spec.yaml?'],
    ['by a folder without one', 'ext', 'it is a folder: name a file in it'],
    ['by nothing that is near', 'far-away.yaml', undefined],
  ])('%s', async (_, name, hint) => {
    const directory = folder({ 'spec.yaml': '', 'other.yaml': '', 'ext/index.ts': '' })
    await expect(readSpec(join(directory, name))).rejects.toMatchObject({
      code: 'SPEC_NOT_FOUND',
      hint: hint?.replaceAll('DIR', directory),
    })
  })
})

describe('hostile texts', () => {
  test('10 MB are refused at once', () => {
    expect(problems(`!B\na: ${'x'.repeat(10_000_000)}`)).toEqual([
      expect.stringContaining('2000000 are the most'),
    ])
  })

  test.each([
    ['in brackets', `!B\na: ${'['.repeat(10_000)}`],
    ['in brackets that close', `!B\na: ${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['in dashes', `!B\na:\n${'- '.repeat(10_000)}1`],
  ])('10,000 levels %s are one problem', (_, text) => {
    expect(problems(text)).toEqual([expect.stringContaining('nested')])
  })

  test('an alias bomb is refused', () => {
    const level = (name: string, of: string) => `${name}: &${name} [${Array(9).fill(`*${of}`).join(', ')}]`
    const lines = [
      'a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]',
      ...['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg'].map((pair) => level(pair[0] ?? '', pair[1] ?? '')),
    ]
    expect(problems(`!B\n${lines.join('\n')}`)).toEqual([
      expect.stringContaining('its aliases stand for more than 200,000 values'),
    ])
  })

  test('bytes that are not UTF-8 are refused', () => {
    expect(() => decodeSpec(new Uint8Array([0x21, 0x42, 0xff]))).toThrow('spec.yaml is not UTF-8 text')
  })

  test('whatever the text, the answer is a spec or a FlambeError', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '!B',
        '\n',
        'a: ',
        '- ',
        '&x ',
        '*x',
        '<<: ',
        '!@ ',
        '!file ',
        '{',
        '}',
        '[',
        ']',
        '---\n',
        '...\n',
        '!e.X.y ',
        '"',
        "'",
        '|\n',
        ': ',
        '  ',
      ),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parseSpec(`!B\n${pieces.join('')}`)
        } catch (error) {
          expect(error).toBeInstanceOf(FlambeError)
        }
      }),
      { numRuns: 1500 },
    )
  })
})

test('a problem is shown with its line and a caret', () => {
  const position = { file: 's.yaml', line: 12, column: 4, length: 3 }
  const shown = formatProblem({ severity: 'error', message: 'no', position, source: 'a: foo', hint: 'bar?' })
  expect(shown).toBe('s.yaml:12:4 error: no\n  12 | a: foo\n     |    ^^^\n  hint: bar?')
})
