import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../../src/construct/index.ts'
import { json, problem } from '../../helpers/answering.ts'

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

describe('a body that is not JSON', () => {
  test.each([
    ['nothing', '', 'body-empty', 'send JSON'],
    ['spaces', ' \n', 'body-invalid', 'line 2, column 1 has the end of the body, expected a value'],
    ['half an object', '{"a": ', 'body-invalid', 'column 7 has the end of the body, expected a value'],
    ['a missing comma', '{"a": 1 "b": 2}', 'body-invalid', 'column 9 has "\\"", expected , or }'],
    ['a comma too many', '[1,]', 'body-invalid', 'column 4 has "]", expected a value'],
    ['a key without quotes', '{a: 1}', 'body-invalid', 'column 2 has "a", expected a key or }'],
    ['NaN', '{"a":\n  NaN}', 'body-invalid', 'line 2, column 3 has "NaN", expected a value'],
    ['Infinity', '[Infinity]', 'body-invalid', 'column 2 has "Infinity", expected a value'],
    ['Infinity below zero', '[-Infinity]', 'body-invalid', 'line 1, column 2 has "-Infinity"'],
    ['a number with a zero before it', '[01]', 'body-invalid', 'column 2 has "01", expected a value'],
    ['two values', '1 2', 'body-invalid', 'column 3 has "2", expected the end'],
    [
      'a line break in a string',
      '["a\nb"]',
      'body-invalid',
      'expected an escape instead of a control character',
    ],
    [
      'an escape that is none',
      '["\\x"]',
      'body-invalid',
      'column 3 has "\\\\", expected an escape that JSON has',
    ],
    [
      'a string without end',
      '["abc',
      'body-invalid',
      'column 6 has the end of the body, expected a closing "',
    ],
    ['an array that closes as an object', '[1}', 'body-invalid', 'column 3 has "}", expected , or ]'],
    ['bytes that are not UTF-8', new Uint8Array([34, 0xff, 34]), 'body-invalid', 'not UTF-8'],
    ['UTF-16', Buffer.from('\uFEFF{"a":1}', 'utf16le'), 'body-invalid', 'not UTF-8'],
  ])('%s: refused with its place', async (_, body, code, detail) => {
    const found = await problem({ body })
    expect(found).toMatchObject({ status: 400, code })
    expect(found.detail).toContain(detail)
  })

  test('cut off or changed at any byte it is read as JSON.parse reads it, or refused', async () => {
    const text = '{"a": [1.5e3, true, null, "\\u00e9\\n"], "b": {"c": -0}}'
    const values = fc.tuple(fc.nat(text.length), fc.constantFrom('', '"', '}', ']', ',', '\\', '0', 'x', '{'))
    await fc.assert(
      fc.asyncProperty(values, fc.boolean(), async ([at, mark], isCut) => {
        const body = text.slice(0, at) + mark + (isCut ? '' : text.slice(at + 1))
        let expected: unknown
        try {
          expected = JSON.parse(body)
        } catch {
          const { status, detail } = await problem({ body })
          expect([status, detail]).toEqual([400, expect.stringMatching(/line 1, column \d+ has|send JSON/)])
          return
        }
        expect(await json({ body })).toEqual(JSON.parse(JSON.stringify(expected)))
      }),
    )
  })
})

describe('JSON that no schema lets through', () => {
  const open: JsonSchema = true
  test.each([
    ['a number beyond all', '{"a": [1, 1e999]}', '/a/1', 'too large'],
    ['the same below zero', '-1e400', '', 'too large'],
    ['a key that sets a prototype', '{"a": {"__proto__": {"isAdmin": true}}}', '/a/__proto__', 'not taken'],
    ['the same in escapes', '{"\\u005f_proto__": 1}', '/__proto__', 'not taken'],
  ])('%s', async (_, body, pointer, message) => {
    const found = await problem({ input: open, body })
    expect(found).toMatchObject({ status: 422, code: 'input-invalid' })
    expect(found.violations).toEqual([{ pointer, message: expect.stringContaining(message) }])
    expect('isAdmin' in {}).toBe(false)
  })

  test('nesting of 10,000 levels', async () => {
    expect(await problem({ body: nested(10_000) })).toMatchObject({
      status: 422,
      violations: [{ message: expect.stringContaining('512 levels') }],
    })
    expect(await json({ body: nested(500) })).toEqual(JSON.parse(nested(500)))
  })

  test('a place is a JSON Pointer, with its escapes', async () => {
    const { violations } = await problem({ body: '{"a/b": {"~": 1e999}}' })
    expect(violations).toEqual([{ pointer: '/a~1b/~0', message: expect.any(String) }])
  })
})

test('a list of numbers reaches predict as the typed array that it takes', async () => {
  const input: JsonSchema = { type: 'array', items: { type: 'number' }, 'x-flambe-type': 'Float32Array' }
  const doubled = (values: unknown) =>
    values instanceof Float32Array ? values.map((one) => one * 2) : 'none'
  expect(await json({ input, body: '[1, 0.5]' }, doubled)).toEqual([2, 1])
})

describe('JSON that is read', () => {
  test.each([
    ['with a byte order mark', '\uFEFF{"a":1}', { a: 1 }],
    ['of a key that stands twice the last counts', '{"a":1,"a":2}', { a: 2 }],
    ['a plain value', '"é"', 'é'],
    ['a large number that a double holds', '1e308', 1e308],
  ])('%s', async (_, body, value) => {
    expect(await json({ body })).toEqual(value)
  })

  test('all violations are told, each with its pointer', async () => {
    const input: JsonSchema = {
      type: 'object',
      properties: { a: { type: 'number' }, list: { type: 'array', items: { type: 'integer' } } },
      required: ['a', 'b'],
      additionalProperties: false,
    }
    const { status, violations = [] } = await problem({ input, body: '{"a":"x","list":[1,2.5,"y"],"c":1}' })
    expect(status).toBe(422)
    expect(violations.map(({ pointer }) => pointer).sort()).toEqual(['', '', '/a', '/list/1', '/list/2'])
  })

  test('of a large body the first violation is told: all of them might be more than memory holds', async () => {
    const body = JSON.stringify(Array.from({ length: 300_000 }, () => 'x'))
    const { violations } = await problem({ input: { type: 'array', items: { type: 'number' } }, body })
    expect(violations).toEqual([{ pointer: '/0', message: 'must be number' }])
  })

  test('ten thousand violations make no long answer', async () => {
    const body = JSON.stringify(Array.from({ length: 10_000 }, () => 'x'))
    const { violations, detail } = await problem({
      input: { type: 'array', items: { type: 'number' } },
      body,
    })
    expect(violations).toHaveLength(100)
    expect(detail).toContain('9999 more')
  })
})

describe('the content type', () => {
  test.each([
    'application/json; charset=utf-8',
    'application/json;charset=UTF8',
    'application/vnd.api+json',
    '',
  ])('%j is JSON', async (type) => {
    expect(await json({ type, body: '{"a":1}' })).toEqual({ a: 1 })
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/octet-stream',
    'multipart/form-data; boundary=x',
    'nonsense',
  ])('%j is refused with what would be taken', async (type) => {
    const { status, detail } = await problem({ type, body: '{"a":1}' })
    expect(status).toBe(415)
    expect(detail).toBe(`the body is ${type}, and this component takes application/json`)
  })
})
