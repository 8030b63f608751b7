import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  readSafetensors,
  readSafetensorsFile,
  type Tensor,
  toFloat32,
  writeSafetensors,
} from '../../src/construct/index.ts'
import { folder } from '../helpers/folder.ts'

/** Written by Python's `safetensors` 0.8: every type, names that look like indices or are not ASCII, a scalar, nothing. */
const python = new URL('./fixtures/python.safetensors', import.meta.url).pathname
const write = (tensors: Readonly<Record<string, Tensor>>) => Buffer.concat(writeSafetensors(tensors))

describe('reading', () => {
  test('a file that Python wrote is read: types, shapes and numbers', () => {
    const tensors = readSafetensors(readFileSync(python))
    const numbers = [0, 1, 2, 3, 4, 5]
    expect(tensors['t.float32']).toEqual({ data: Float32Array.from(numbers), shape: [2, 3] })
    expect(tensors['t.int64']).toEqual({ data: BigInt64Array.from(numbers, BigInt), shape: [2, 3] })
    expect(tensors['t.bool']).toEqual({ data: Uint8Array.of(0, 1, 0, 1, 0, 1), shape: [2, 3], dtype: 'BOOL' })
    expect(tensors['empty']).toEqual({ data: new Float32Array(), shape: [0, 4] })
    expect(tensors['9']).toEqual({ data: Float32Array.of(2), shape: [] })
    expect(tensors['é"\\\n\u{1d4b3}']?.data).toEqual(Uint8Array.of(7))
    expect(Object.keys(tensors).length).toBe(19)
  })

  test('the weights of a trained model are read', () => {
    const bytes = readFileSync(
      new URL('../../examples/breast-cancer/data/breast-cancer-logistic.safetensors', import.meta.url),
    )
    const shapes = Object.entries(readSafetensors(bytes)).map(([name, { data, shape }]) => [
      name,
      data.constructor.name,
      ...shape,
    ])
    expect(shapes.sort()).toEqual([
      ['bias', 'Float32Array', 1],
      ['mean', 'Float32Array', 30],
      ['std', 'Float32Array', 30],
      ['weight', 'Float32Array', 30],
    ])
  })

  test('a file is read as its bytes are, with memory of its own for each tensor', async () => {
    const read = await readSafetensorsFile(python)
    expect(read).toEqual(readSafetensors(readFileSync(python)))
    expect(read['t.float32']?.data.buffer.byteLength).toBe(24)
  })

  test('bytes that start at an odd place are read', () => {
    const bytes = readFileSync(python)
    const shifted = Buffer.concat([Buffer.of(0), bytes]).subarray(1)
    expect(readSafetensors(shifted)).toEqual(readSafetensors(bytes))
  })

  test('metadata is no tensor', () => {
    expect(readSafetensors(file({ __metadata__: { format: 'pt', 'a:{"b"': '}' } }))).toEqual({})
  })
})

describe('writing', () => {
  test('the bytes are those that Python writes', () => {
    const bytes = readFileSync(python)
    expect(write(readSafetensors(bytes)).equals(bytes)).toBe(true)
  })

  test('the bytes are those of the format: length, padded header, the widest numbers first', () => {
    const bytes = write({
      b: { data: Uint8Array.of(9), shape: [1] },
      c: { data: Float32Array.of(1), shape: [1, 1] },
    })
    const header =
      '{"c":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}'
    const length = Math.ceil(header.length / 8) * 8
    expect(bytes.readBigUInt64LE()).toBe(BigInt(length))
    expect(bytes.subarray(8, 8 + length).toString()).toBe(header.padEnd(length))
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f, 9])
  })

  test('the chunks view the memory of the tensors: nothing is copied', () => {
    const data = Float32Array.of(1, 2, 3).subarray(1)
    const chunk = writeSafetensors({ a: { data, shape: [2] } }).at(-1)
    expect([chunk?.buffer, chunk?.byteOffset, chunk?.byteLength]).toEqual([data.buffer, 4, 8])
  })

  test.each<[string, Record<string, Tensor>, string]>([
    [
      'a shape of another size',
      { a: { data: Float32Array.of(1), shape: [3] } },
      '1 elements, and the shape [3]',
    ],
    ['a negative shape', { a: { data: Float32Array.of(1), shape: [-1, -1] } }, 'the shape [-1, -1]'],
    [
      'the name of the metadata',
      { __metadata__: { data: Float32Array.of(1), shape: [1] } },
      'keeps for itself',
    ],
    [
      'bits of another width',
      { a: { data: Float32Array.of(1), shape: [1], dtype: 'BF16' } },
      'is a Float32Array, which safetensors cannot hold',
    ],
  ])('%s is refused', (_, tensors, message) => {
    expect(() => writeSafetensors(tensors)).toThrow(
      expect.objectContaining({ code: 'STATE_INVALID', message: expect.stringContaining(message) }),
    )
  })

  test('any tensors survive, whatever their names', () => {
    const data = fc.oneof(
      fc.float32Array(),
      fc.float64Array(),
      fc.int8Array(),
      fc.uint8Array(),
      fc.int16Array(),
      fc.uint16Array(),
      fc.int32Array(),
      fc.uint32Array(),
      fc.bigInt64Array(),
      fc.bigUint64Array(),
    )
    const tensor = data.map((one): Tensor => ({ data: one, shape: [one.length] }))
    const name = fc.string({ unit: 'grapheme' }).filter((one) => one !== '__metadata__')
    fc.assert(
      fc.property(fc.array(fc.tuple(name, tensor)), (entries) => {
        const tensors = Object.fromEntries(entries)
        const bytes = write(tensors)
        expect(readSafetensors(bytes)).toEqual(tensors)
        expect(write(Object.fromEntries(Object.entries(tensors).reverse())).equals(bytes)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})

describe('numbers of 16 bits', () => {
  test('every half is the number that it is', () => {
    const bits = Uint16Array.from({ length: 65_536 }, (_, index) => index)
    const view = new DataView(bits.buffer)
    const expected = (index: number) => halfOf(view.getUint16(index * 2, true))
    const read = toFloat32({ data: bits, shape: [bits.length], dtype: 'F16' })
    expect(bits.findIndex((_, index) => !Object.is(read[index], expected(index)))).toBe(-1)
  })

  test('a bfloat16 is the upper half of a float', () => {
    expect(toFloat32({ data: Uint16Array.of(0x3fc0, 0xc050), shape: [2], dtype: 'BF16' })).toEqual(
      Float32Array.of(1.5, -3.25),
    )
  })

  test('other numbers are converted, and 8-bit floats are refused', () => {
    expect(toFloat32({ data: BigInt64Array.of(-2n), shape: [1] })).toEqual(Float32Array.of(-2))
    expect(toFloat32({ data: Float64Array.of(0.5), shape: [1] })).toEqual(Float32Array.of(0.5))
    expect(() => toFloat32({ data: Uint8Array.of(1), shape: [1], dtype: 'F8_E4M3' })).toThrow(TypeError)
  })
})

/** By the definition of IEEE 754, as arithmetic. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
}

function file(header: unknown, data = ''): Buffer {
  const text = Buffer.isBuffer(header)
    ? header
    : Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, Buffer.from(data)])
}

const tensor = (offsets: unknown, shape: unknown = [4], dtype = 'U8') => ({
  t: { dtype, shape, data_offsets: offsets },
})
const twice =
  '{"t":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"t":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'

describe.each<[string, Buffer, string]>([
  ['that is too short', Buffer.from('abc'), 'shorter than 8 bytes'],
  ['that is empty', Buffer.alloc(0), 'shorter than 8 bytes'],
  ['with a header longer than it', Buffer.from('ffffffffffffff7f', 'hex'), 'its header cannot be'],
  [
    'with a header longer than it by a byte',
    Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{}')]),
    'its header cannot be 3 bytes long',
  ],
  ['with a header that is no JSON', file('{'), 'its header is not JSON'],
  ['with a header that is no UTF-8', file(Buffer.from('{"\xff":1}', 'latin1')), 'its header is not JSON'],
  ['with a header that is a list', file([]), 'its header is no mapping'],
  ['with a header that is null', file('null'), 'its header is no mapping'],
  ['with a name twice', file(twice), 'its header has a name twice'],
  ['with an entry that is no mapping', file({ t: 5 }), 'has the type undefined'],
  ['with an unknown type', file(tensor([0, 4], [4], 'X9'), 'abcd'), 'has the type X9'],
  [
    'with a type that objects have',
    file(tensor([0, 4], [4], 'constructor'), 'abcd'),
    'has the type constructor',
  ],
  ['with a negative shape', file(tensor([0, 4], [-4]), 'abcd'), 'has no shape'],
  ['with a shape beyond counting', file(tensor([0, 4], [2 ** 52, 2 ** 52]), 'abcd'), 'its shape needs'],
  ['with offsets that are too few', file(tensor([0, 3]), 'abcd'), 'has 3 bytes, and its shape needs 4'],
  ['with offsets the wrong way', file(tensor([4, 0]), 'abcd'), 'has -4 bytes'],
  ['with offsets beyond the data', file(tensor([0, 4]), 'ab'), 'end at 4, and its data at 2'],
  ['with data that no tensor covers', file(tensor([0, 4]), 'abcdef'), 'end at 4, and its data at 6'],
  [
    'with a hole',
    file({ a: tensor([0, 1], [1]).t, b: tensor([2, 3], [1]).t }, 'abc'),
    '"b" starts at 2, and not at 1',
  ],
  [
    'with an overlap',
    file({ a: tensor([0, 4]).t, b: tensor([2, 4], [2]).t }, 'abcd'),
    '"b" starts at 2, and not at 4',
  ],
])('a file %s', (_, bytes, message) => {
  const expected = { code: 'STATE_INVALID', message: expect.stringContaining(message) }

  test('is refused in memory', () => {
    expect(() => readSafetensors(bytes)).toThrow(expect.objectContaining(expected))
  })

  test('is refused on disk', async () => {
    const path = join(folder({ 'w.safetensors': bytes }), 'w.safetensors')
    await expect(readSafetensorsFile(path)).rejects.toMatchObject(expected)
  })
})
