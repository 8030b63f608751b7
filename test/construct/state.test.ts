import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeState,
  encodeState,
  readSafetensors,
  readState,
  restoreState,
  type State,
  writeSafetensors,
} from '../../src/construct/index.ts'
import { Component } from '../../src/index.ts'

const concat = (chunks: readonly Uint8Array[] = []) => new Uint8Array(Buffer.concat(chunks))

function roundTrip(state: State): State {
  const { tensors, values } = encodeState(state)
  return decodeState({
    ...(tensors && { tensors: concat(tensors) }),
    ...(values && { values: concat(values) }),
  })
}

describe('state as data', () => {
  const cases: Record<string, unknown> = {
    float32: Float32Array.of(1.5, -2),
    float64: Float64Array.of(Math.PI),
    int8: Int8Array.of(-1),
    uint8: Uint8Array.of(255),
    clamped: Uint8ClampedArray.of(7),
    int16: Int16Array.of(-300),
    uint16: Uint16Array.of(60_000),
    int32: Int32Array.of(-70_000),
    uint32: Uint32Array.of(4_000_000_000),
    bigint64: BigInt64Array.of(-5n),
    biguint64: BigUint64Array.of(5n),
    empty: new Float32Array(),
    buffer: Buffer.from('abc'),
    arrayBuffer: Uint8Array.of(1, 2).buffer,
    tensor: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] },
    nested: { layers: [{ weight: Float32Array.of(1) }, { weight: Float32Array.of(2) }] },
    map: new Map<unknown, unknown>([
      ['a', 1],
      [2, new Set(['x'])],
    ]),
    date: new Date(0),
    numbers: [Number.NaN, Number.POSITIVE_INFINITY, -0, 1e300],
    bigint: 2n ** 80n,
    nothing: [undefined, null],
    keys: { $: 1, $$: 2, $ref: 3, 'a.b': 4 },
    text: 'ünïcode \u0000',
  }
  test.each(Object.entries(cases))('%s survives', (_, value) => {
    expect(roundTrip({ value })).toEqual({ value })
  })

  test('all of it together survives, and twice gives the same bytes', () => {
    expect(roundTrip(cases)).toEqual(cases)
    expect(encodeState(cases)).toEqual(encodeState({ ...cases }))
  })

  test('a key __proto__ in state stays a key', () => {
    const value = JSON.parse('{"__proto__": {"polluted": 1}}')
    const back = roundTrip({ value })['value'] as object
    expect(Object.keys(back)).toEqual(['__proto__'])
    expect('polluted' in back).toBe(false)
  })

  test('any JSON value with typed arrays in it survives', () => {
    const leaf = fc.oneof(
      fc.jsonValue(),
      fc.float32Array({ noNaN: true }),
      fc.int32Array(),
      fc.bigInt64Array(),
      fc.double(),
      fc.bigInt(),
      fc.date({ noInvalidDate: true }),
    )
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        leaf,
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('node'), { maxKeys: 4 }),
      ),
    })).node
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
          tree,
          { maxKeys: 4 },
        ),
        (state) => {
          expect(roundTrip(state)).toEqual({ ...state })
        },
      ),
      { numRuns: 300 },
    )
  })

  test.each([
    ['a function', () => 1, 'value, a function'],
    ['a symbol', Symbol('x'), 'value, a symbol'],
    ['an instance of a class', new URL('http://x'), 'value, a URL'],
    [
      'something that holds itself',
      (() => {
        const a: unknown[] = []
        a.push(a)
        return a
      })(),
      'value.0, a Array: it holds itself',
    ],
  ])('%s is refused, naming the attribute', (_, value, expected) => {
    expect(() => encodeState({ value }, { owner: 'ext.Model' })).toThrow(`ext.Model cannot save ${expected}`)
  })
})

describe('safetensors', () => {
  test('a file that Python wrote is read', () => {
    const bytes = readFileSync(
      new URL('../../examples/breast-cancer/data/breast-cancer-logistic.safetensors', import.meta.url),
    )
    const tensors = readSafetensors(bytes)
    expect(
      Object.fromEntries(
        Object.entries(tensors).map(([name, { shape, data }]) => [name, [data.constructor.name, ...shape]]),
      ),
    ).toEqual({
      weight: ['Float32Array', 30],
      bias: ['Float32Array', 1],
      mean: ['Float32Array', 30],
      std: ['Float32Array', 30],
    })
  })

  test('the bytes are those of the format: length, padded header, data in the order of names', () => {
    const bytes = Buffer.concat(
      writeSafetensors({
        b: { data: Uint8Array.of(9), shape: [1] },
        a: { data: Float32Array.of(1), shape: [1, 1] },
      }),
    )
    const header =
      '{"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}'
    const length = Math.ceil(header.length / 8) * 8
    expect(bytes.readBigUInt64LE()).toBe(BigInt(length))
    expect(bytes.subarray(8, 8 + length).toString()).toBe(header.padEnd(length))
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f, 9])
  })

  const file = (header: unknown, data = '') => {
    const text = typeof header === 'string' ? header : JSON.stringify(header)
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(text.length))
    return Buffer.concat([length, Buffer.from(text), Buffer.from(data)])
  }
  const tensor = (offsets: unknown, shape: unknown = [4], dtype = 'U8') => ({
    t: { dtype, shape, data_offsets: offsets },
  })
  test.each([
    ['too short', Buffer.from('abc'), 'shorter than 8 bytes'],
    ['a header longer than the file', Buffer.from('ffffffffffffff7f', 'hex'), 'its header cannot be'],
    ['a header that is no JSON', file('{'), 'its header is not JSON'],
    ['a header that is a list', file([]), 'its header is no mapping'],
    ['an unknown type', file(tensor([0, 4], [4], 'X9'), 'abcd'), 'has the type X9'],
    ['a negative shape', file(tensor([0, 4], [-4]), 'abcd'), 'has no shape'],
    ['offsets that are too few', file(tensor([0, 3]), 'abcd'), 'has 3 bytes, and its shape needs 4'],
    ['offsets beyond the data', file(tensor([0, 4]), 'ab'), 'end at 4, and its data at 2'],
    ['data that no tensor covers', file(tensor([0, 4]), 'abcdef'), 'end at 4, and its data at 6'],
    [
      'a hole',
      file({ a: tensor([0, 1], [1]).t, b: tensor([2, 3], [1]).t }, 'abc'),
      '"b" starts at 2, and not at 1',
    ],
    [
      'an overlap',
      file({ a: tensor([0, 4]).t, b: tensor([2, 4], [2]).t }, 'abcd'),
      '"b" starts at 2, and not at 4',
    ],
  ])('%s is refused', (_, bytes, expected) => {
    expect(() => readSafetensors(bytes)).toThrow(expected)
  })
})

describe('registered attributes', () => {
  class Base extends Component {
    static override readonly state = ['weight']
    weight = Float32Array.of(1)
  }
  class Derived extends Base {
    static override readonly state: string[] = ['count']
    count = 3
    constructor() {
      super()
      this.registerState('extra')
    }
    extra = 'x'
  }

  test('those of every class of the line and of the object are saved (row 24)', () => {
    expect(readState(new Derived())).toEqual({ weight: Float32Array.of(1), count: 3, extra: 'x' })
  })

  test('they come back (row 24)', async () => {
    const object = new Derived()
    await restoreState(object, { weight: Float32Array.of(5), count: 4, extra: 'y' })
    expect(readState(object)).toEqual({ weight: Float32Array.of(5), count: 4, extra: 'y' })
  })

  test('an unknown name throws when it is registered (row 24)', () => {
    class Wrong extends Component {
      constructor() {
        super()
        this.registerState('nope')
      }
    }
    expect(() => new Wrong()).toThrow('Wrong object has no attribute nope, so it cannot be registered')
  })

  test('state that does not fit is refused, saying what is missing and what is unexpected', async () => {
    await expect(restoreState(new Base(), { wheight: 1 })).rejects.toThrow(
      'it lacks weight and it has wheight',
    )
  })

  test('saveState and loadState take the place of the attributes', async () => {
    class Hooked extends Base {
      sum = 0
      override saveState() {
        return { sum: 7 }
      }
      override loadState(state: State) {
        this.sum = Number(state['sum'])
      }
    }
    const object = new Hooked()
    expect(readState(object)).toEqual({ sum: 7 })
    await restoreState(object, { sum: 9 })
    expect(object.sum).toBe(9)
  })
})
