import { describe, expect, test } from 'vitest'
import { FlambeError, type Problem } from '../../src/errors.ts'
import { parseSpec } from '../../src/spec/index.ts'

function problemsOf(text: string): readonly Problem[] {
  try {
    parseSpec(text)
    return []
  } catch (error) {
    if (!(error instanceof FlambeError)) throw error
    return error.problems
  }
}

const fence = 'stands between the extensions and the main object'

/** A slip, the spec that has it, where it is and what it is called, and what the hint says. */
const slips: readonly (readonly [string, string, string, string])[] = [
  [
    'no line between the extensions and the main object',
    'ext: ./ext\n\n!Builder\ncomponent: !ext.X\n  n: 3\n',
    '3:1 a line "---" is missing above !Builder',
    fence,
  ],
  ['two dashes', 'ext: ./ext\n--\n!Builder\na: 1\n', '2:1 "--" is no line "---"', fence],
  ['four dashes', 'ext: ./ext\n----\n!Builder\na: 1\n', '2:1 "----" is no line "---"', fence],
  ['indented dashes', 'ext: ./ext\n ---\n!Builder\na: 1\n', '2:2 " ---" is no line "---"', fence],
  ['dashes of a word processor', 'ext: ./ext\n—\u2014\n!Builder\na: 1\n', '2:1 "——" is no line "---"', fence],
  [
    'an extension and no main object',
    'ext: ./ext\ncomponent: !ext.X\n',
    '1:1 Tried to run a non-Runnable',
    'a line "---" between',
  ],
  [
    'tabs',
    '!B\na: !e.X\n\tb: 3\n\tc: 4\nd: 5\n',
    '3:1 the line is indented with a tab, and so is one other',
    'two spaces for each level',
  ],
  ['a tab behind spaces', '!B\na: !e.X\n  \tb: 3\n', '3:3 the line is indented with a tab', 'two spaces'],
  [
    'a line too deep below a value',
    '!B\na: !e.X\n  b: 3\n    c: 4\n  d: 5\n  e: 6\n',
    '4:5 the line is indented deeper than line 3, which has its value already',
    'indent it by 2 spaces, as line 3',
  ],
  [
    'a line that is not deep enough',
    '!B\na: !e.X\n    b: 3\n  c: 4\n  d: 5\n',
    '4:1 the line is indented by 2 spaces, and no line above it that it could stand beside is',
    'indent it by no space or 4 spaces',
  ],
  [
    'a main object that is indented in part',
    '!B\n  a: !e.X\n    b: 3\nc: ./out\nd: 3\ne: 4\n',
    '4:1 the line is indented by no space, and no line above',
    'indent it by 2 spaces or 4 spaces',
  ],
  [
    'a text of several lines that is indented unevenly',
    '!B\na: |\n   first\n  second\nb: 1\n',
    '4:1 the line is indented by 2 spaces, and no line above',
    'no space or 3 spaces',
  ],
  [
    'a list and names mixed',
    '!B\na:\n  - b\n  c: 2\n',
    '4:3 a list ("- …") and named values ("name: …") are mixed',
    'begin each line with "- "',
  ],
  [
    'a colon without a space',
    '!B\na: !e.X\n  b:3\n  c: 4\n',
    '3:4 a space is missing after "b:"',
    'write b: 3',
  ],
  ['no colon', '!B\nout ./out\na: !e.X\n', '2:1 a colon is missing after "out"', 'write out: ./out'],
  ['no colon before a tag', '!B\na !e.X\n  b: 3\n', '2:1 a colon is missing after "a"', 'write a: !e.X'],
  [
    'a colon in a value',
    '!B\na: hello: world\nb: 3\n',
    '2:4 a value that has a colon and a space in it must be quoted',
    'write a: "hello: world"',
  ],
  [
    'a quote that is open',
    '!B\na: "./out\nb: 1\n',
    '2:4 the text that begins here has no closing quote',
    '"',
  ],
  [
    'a quote that is open, with others below',
    '!B\na: "./out\nb: "x"\n',
    '2:4 the text that begins here has no closing quote',
    'end it with "',
  ],
  [
    'an apostrophe that opens a text',
    "!B\na: './out\nb: it's\n",
    '2:4 the text that begins here has no closing quote',
    "end it with '",
  ],
  ['text behind a quote', '!B\na: "x" y\n', '2:8 the value ends with the " before this', 'into quotes'],
  [
    'a bracket that is open',
    '!B\na: [1, [2, 3]\nb: 1\n',
    '2:4 this "[" is never closed',
    'close it with "]"',
  ],
  ['a brace that is open', '!B\na: {b: "}"\nc: 1\n', '2:4 this "{" is never closed', 'close it with "}"'],
  ['a bracket too many', '!B\na: 1\nb: ]\n', '3:4 there is no "[" that this "]" closes', 'remove it'],
  [
    'a Windows path',
    '!B\na: "C:\\models"\n',
    '2:7 \\m means nothing in a text in double quotes',
    'single quotes',
  ],
  ['a percent sign', '!B\na: %d\n', '2:4 a value cannot begin with "%"', '"%d"'],
  ['an at sign', '!B\na: @model\n', '2:4 a value cannot begin with "@"', '!@ name'],
  ['a star', '!B\na: *.txt\n', '2:4 there is no anchor "&.txt" above this alias', '"*.txt"'],
  ['a tag with a space', '!B\na: ! e.X\n  b: 1\n', '2:4 "!" stands alone', 'write !e.X'],
  ['a tag with two signs', '!B\na: !!e.X\n  b: 1\n', '2:4 !!e.X is no tag of YAML', 'write !e.X'],
  ['two tags', '!B\na: !e.X !e.Y\n  b: 1\n', '2:9 a value has one tag, and this is a second', 'keep one'],
  ['no-break spaces', '!B\n\u00A0\u00A0a: 1\n', '2:1 the line is indented with U+00A0', 'plain spaces'],
]

describe('a slip is one problem, in words of the user', () => {
  test.each(slips)('%s', (_, text, expected, hint) => {
    const found = problemsOf(text)
    expect(found.map(({ message, position }) => `${position?.line}:${position?.column} ${message}`)).toEqual([
      expect.stringContaining(expected),
    ])
    expect(found[0]?.hint).toContain(hint)
  })

  test.each(slips)('%s, and so with the line ends of Windows', (_, text, expected) => {
    const [found] = problemsOf(text.replaceAll('\n', '\r\n'))
    expect(`${found?.position?.line}:${found?.position?.column} ${found?.message}`).toContain(expected)
  })
})

test('a fault in the extensions and one in the main object are told both', () => {
  expect(problemsOf('ext: @a\n---\n!B\na: @b\n').map(({ position }) => position?.line)).toEqual([1, 4])
})

test('a key in quotes may begin with any space', () => {
  expect(problemsOf('!B\na: {" b": 1, "\u00A0c": 2}\n')).toEqual([])
})
