import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeState, encodeState, readState, restoreState, type State } from '../../src/construct/index.ts'
import { Component } from '../../src/index.ts'

const concat = (chunks: readonly Uint8Array[] = []) => new Uint8Array(Buffer.concat(chunks))

function transferred(): Float32Array {
  const data = Float32Array.of(1)
  structuredClone(data, { transfer: [data.buffer] })
  return data
}

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
    'a.b': { c: Float32Array.of(1) },
    a: { 'b.c': Float32Array.of(2), b: { c: Float32Array.of(3) } },
    $: Float32Array.of(4),
    $$: 5,
    __metadata__: Float32Array.of(6),
    bfloat16: { data: Uint16Array.of(0x3fc0), shape: [1], dtype: 'BF16' },
    dataView: new DataView(Uint8Array.of(0, 1, 2).buffer, 1),
    looksLikeATensor: { data: Float32Array.of(1), shape: [-1, -1] },
    tensorOfBytes: { data: Buffer.from('ab'), shape: [2] },
    dates: [new Date(Number.NaN), new Date(-1), new Date(8.64e15)],
    deep: Array.from({ length: 150 }).reduce<unknown>((inner) => new Map([[[inner], true]]), 1),
    text: 'ünïcode \u0000',
  }
  test.each(Object.entries(cases))('%s survives', (_, value) => {
    expect(roundTrip({ value })).toEqual({ value })
  })

  test('all of it together survives, and twice gives the same bytes', () => {
    expect(roundTrip(cases)).toEqual(cases)
    expect(encodeState(cases)).toEqual(encodeState({ ...cases }))
  })

  test('a Float16Array survives where there is one', () => {
    const made: unknown = Reflect.get(globalThis, 'Float16Array')
    if (typeof made !== 'function') return expect(made).toBeUndefined()
    const value: unknown = Reflect.construct(made, [[1.5, -2]])
    expect(roundTrip({ value, list: [value] })).toEqual({ value, list: [value] })
    expect(roundTrip({ value })['value']).toBeInstanceOf(made)
  })

  test('a hole in a list comes back as undefined', () => {
    const holes = new Array<number>(3)
    holes[1] = 5
    expect(roundTrip({ holes })).toEqual({ holes: [undefined, 5, undefined] })
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
      fc.float32Array(),
      fc.uint8ClampedArray(),
      fc.int32Array(),
      fc.bigInt64Array(),
      fc.double(),
      fc.bigInt(),
      fc.date({ noInvalidDate: true }),
    )
    const key = fc.oneof(
      fc.string(),
      fc.constantFrom('$', '$$', '__proto__', '__metadata__', 'a', 'a.b', 'b'),
    )
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        leaf,
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(key, tie('node'), { maxKeys: 4 }),
        fc.array(fc.tuple(tie('node'), tie('node')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
        fc.array(leaf, { maxLength: 3 }).map((items) => new Set(items)),
      ),
    })).node
    fc.assert(
      fc.property(fc.dictionary(key, tree, { maxKeys: 4 }), (state) => {
        expect(roundTrip(state)).toEqual({ ...state })
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['a function', () => 1, 'value, a function'],
    ['a symbol', Symbol('x'), 'value, a symbol'],
    ['an instance of a class', new URL('http://x'), 'value, a URL'],
    ['an instance of a class in a list', [1, { a: new URL('http://x') }], 'value.1.a, a URL'],
    ['a Map of a class of its own', new (class Counts extends Map {})(), 'value, a Counts'],
    ['a list of a class of its own', new (class Names extends Array {})(), 'value, a Names'],
    ['numbers of a class of their own', new (class Weights extends Float32Array {})(1), 'value, a Weights'],
    ['a Promise', Promise.resolve(), 'value, a Promise'],
    ['a symbol as a key', { [Symbol('x')]: 1 }, 'value, a Object: it has a symbol among its keys'],
    ['memory that was transferred', transferred(), 'value, a Float32Array: its memory was transferred'],
    [
      'another component',
      new (class Leaf extends Component {})(),
      'value, a Leaf: a component keeps its own state',
    ],
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

test('state that is nested without end is refused, naming where it begins', () => {
  const value = Array.from({ length: 600 }).reduce<unknown>((inner) => [inner], 1)
  expect(() => encodeState({ value })).toThrow(
    'value.0.0.0.0.0.0.0…, a Array: it is nested more than 500 deep',
  )
})

describe('saved values that are not what encodeState writes', () => {
  test.each([
    ['no JSON', '{', 'is not JSON'],
    ['no mapping', '[]', 'is no mapping'],
    ['null', 'null', 'is no mapping'],
    ['an unknown kind', '{"a":{"$":"function","of":"x"}}', 'unknown kind: {"$":"function","of":"x"}'],
    ['a kind that is no name', '{"a":{"$":{}}}', 'unknown kind'],
    ['a bigint that is none', '{"a":{"$":"bigint","of":"1e3"}}', 'unknown kind'],
    ['a date that is none', '{"a":{"$":"date","of":"tomorrow"}}', 'unknown kind'],
    ['a number that JSON has', '{"a":{"$":"number","of":"5"}}', 'has a number "5"'],
    ['a Map of no pairs', '{"a":{"$":"map","of":[1]}}', 'a Map of something else than pairs'],
    ['a Set that is no list', '{"a":{"$":"set","of":1}}', 'that is no list'],
    ['a tensor that is not there', '{"a":{"$":"tensor","of":"toString"}}', 'no tensor "toString"'],
    ['nesting without end', `{"a":${'['.repeat(9999)}${']'.repeat(9999)}}`, 'is nested too deep'],
  ])('%s is refused', (_, text, message) => {
    expect(() => decodeState({ values: Buffer.from(text) })).toThrow(
      expect.objectContaining({ code: 'STATE_INVALID', message: expect.stringContaining(message) }),
    )
  })

  test('no UTF-8 is refused', () => {
    expect(() => decodeState({ values: Buffer.from([0x22, 0xff, 0x22]) })).toThrow('is not JSON')
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

  test('a hook may add to the registered attributes (row 24)', async () => {
    class More extends Base {
      sum = 0
      override saveState(): State {
        return { ...super.saveState(), sum: 7 }
      }
      override async loadState({ sum, ...rest }: State) {
        this.sum = Number(sum)
        await super.loadState(rest)
      }
    }
    const object = new More()
    expect(readState(object)).toEqual({ weight: Float32Array.of(1), sum: 7 })
    await restoreState(object, { weight: Float32Array.of(8), sum: 9 })
    expect(object).toMatchObject({ weight: Float32Array.of(8), sum: 9 })
  })

  const broken = {
    'an asynchronous saveState': class Broken extends Component {
      override saveState() {
        return Promise.resolve({}) as unknown as State
      }
    },
    'a saveState that gives a list': class Broken extends Component {
      override saveState() {
        return [] as unknown as State
      }
    },
  }
  test.each(Object.entries(broken))('%s is refused', (_, Broken) => {
    expect(() => readState(new Broken())).toThrow(
      expect.objectContaining({ code: 'STATE_INVALID', message: expect.stringContaining('of Broken gave') }),
    )
  })

  test('a hook that throws is named', async () => {
    class Broken extends Component {
      override saveState(): State {
        throw new RangeError('no luck')
      }
      override async loadState() {
        throw new RangeError('no luck')
      }
    }
    const expected = { code: 'COMPONENT_FAILED', cause: expect.any(RangeError) }
    expect(() => readState(new Broken())).toThrow(expect.objectContaining(expected))
    await expect(restoreState(new Broken(), {})).rejects.toMatchObject({
      ...expected,
      message: 'loadState of Broken failed: no luck',
    })
  })

  test('an attribute that cannot be set is refused, and not passed over', async () => {
    class Fixed extends Component {
      static override readonly state = ['size']
      get size() {
        return 1
      }
    }
    await expect(restoreState(new Fixed(), { size: 2 })).rejects.toMatchObject({
      code: 'STATE_INVALID',
      message: 'Fixed does not let its attribute size be set',
    })
  })

  test('static state that is no list of names is refused', () => {
    class Wrong extends Component {
      static override readonly state = 'weight' as unknown as string[]
    }
    expect(() => readState(new Wrong())).toThrow('static state of Wrong is no list of attribute names')
  })
})
