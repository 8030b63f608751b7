import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answer, json, problem } from '../../helpers/answering.ts'

const cycle: { self?: unknown } = {}
cycle.self = { inner: [cycle] }

describe('an output that JSON has a form for', () => {
  test.each<[string, unknown, unknown]>([
    ['typed arrays', { a: new Float32Array([0.5, 2]), b: new BigInt64Array([1n]) }, { a: [0.5, 2], b: [1] }],
    ['clamped bytes are numbers', new Uint8ClampedArray([1, 300]), [1, 255]],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['maps and sets', { map: new Map([[1, 'a']]), set: new Set([2]) }, { map: { 1: 'a' }, set: [2] }],
    ['a bigint that a number holds', 12n, 12],
    ['what is undefined is left out', { a: undefined, b: [undefined, 1] }, { b: [null, 1] }],
    ['an object that says how it is written', { toJSON: () => ({ a: 1 }) }, { a: 1 }],
    ['an object without prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ['null', null, null],
    ['text beyond ASCII', 'é→😀', 'é→😀'],
  ])('%s', async (_, value, expected) => {
    expect(await json({ body: '1' }, () => value)).toEqual(expected)
  })

  test('plain data is written as JSON.stringify writes it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), async (value) => {
        expect(JSON.stringify(await json({ body: '1' }, () => value))).toBe(JSON.stringify(value))
      }),
    )
  })
})

describe('an output that is refused', () => {
  test.each<[string, () => unknown, string]>([
    ['nothing', () => undefined, 'the output cannot be answered: predict returned nothing'],
    ['NaN', () => ({ a: [1, Number.NaN] }), '/a/1 of the output cannot be answered: it is NaN'],
    ['Infinity in a typed array', () => ({ a: Float32Array.of(1, 1 / 0) }), '/a/1 of the output'],
    [
      'a bigint beyond all numbers',
      () => ({ id: 2n ** 64n }),
      '/id of the output cannot be answered: it is a bigint',
    ],
    ['what holds itself', () => cycle, 'it holds itself'],
    ['a function', () => ({ f: () => 1 }), '/f of the output cannot be answered: it is a function'],
    ['a date that is none', () => new Date('x'), 'a date that is none'],
    [
      'what throws when it is read',
      () => ({
        get a() {
          throw new Error('no')
        },
      }),
      'cannot be written as JSON: no',
    ],
  ])('%s', async (_, predict, detail) => {
    const found = await problem({ body: '1' }, predict)
    expect(found).toMatchObject({ status: 500, code: 'output-invalid' })
    expect(found.detail).toContain(detail)
  })

  test('nesting without end', async () => {
    let deep: unknown = 1
    for (let level = 0; level < 100_000; level++) deep = [deep]
    expect(await problem({ body: '1' }, () => deep)).toMatchObject({ code: 'output-invalid' })
  })

  test('strict: what does not fit the schema, and only then', async () => {
    const output = { type: 'object', properties: { y: { type: 'number' } }, required: ['y'] } as const
    const asked = { output, body: '1', strictOutput: true }
    expect(await json(asked, () => ({ y: 1, more: 2 }))).toEqual({ y: 1, more: 2 })
    expect(await problem(asked, () => ({ y: 'x' }))).toMatchObject({
      status: 500,
      code: 'output-invalid',
      violations: [{ pointer: '/y', message: 'must be number' }],
    })
    expect(await json({ output, body: '1' }, () => ({ y: 'x' }))).toEqual({ y: 'x' })
  })
})

describe('a component that throws', () => {
  test('its text is for the log, not for the caller', async () => {
    const found = await problem({ body: '1' }, () => {
      throw new Error('password is 123')
    })
    expect(found).toMatchObject({ status: 500, code: 'predict-failed' })
    expect(found.detail).not.toContain('password')
  })

  test('a rejection is the same', async () => {
    expect(await problem({ body: '1' }, async () => Promise.reject('plain text'))).toMatchObject({
      status: 500,
    })
  })

  test('an error with a status of a caller is told to the caller', async () => {
    const found = await problem({ body: '1' }, () => {
      throw Object.assign(new Error('no face in the image'), { status: 422 })
    })
    expect(found).toMatchObject({ status: 422, code: 'refused', detail: 'no face in the image' })
  })
})

describe('a stream', () => {
  async function* three() {
    yield { n: 1 }
    yield { n: Float32Array.of(2) }
    yield new Uint8Array([3])
  }

  test('is a list for who takes it as a whole', async () => {
    expect(await json({ body: '1' }, three)).toEqual([{ n: 1 }, { n: [2] }, 'Aw=='])
  })

  test('is its items, each as JSON, for who takes them one by one', async () => {
    const given = await answer({ body: '1', stream: true }, three)
    if (given.kind !== 'items') throw new Error('no stream')
    const items = await Array.fromAsync(given.items, (item) => Buffer.from(item).toString())
    expect(items).toEqual(['{"n":1}', '{"n":[2]}', '"Aw=="'])
  })

  test('nothing is computed ahead, and leaving stops it', async () => {
    const seen: (number | string)[] = []
    const given = await answer({ body: '1', stream: true }, function* () {
      try {
        for (let n = 0; ; n++) {
          seen.push(n)
          yield n
        }
      } finally {
        seen.push('end')
      }
    })
    if (given.kind !== 'items') throw new Error('no stream')
    for await (const item of given.items) if (String(item) !== '0') break
    expect(seen).toEqual([0, 1, 'end'])
  })

  test('a component that does not stream gives one value all the same', async () => {
    expect(await answer({ body: '1', stream: true }, () => 5)).toMatchObject({ kind: 'value' })
  })
})
