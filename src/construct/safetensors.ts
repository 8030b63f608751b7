import { FlambeError } from '../errors.ts'

/** Numbers in memory; what a tensor's `data` can be. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array

/** A tensor: its numbers in row-major order, and its shape. */
export type Tensor = { readonly data: TensorData; readonly shape: readonly number[] }

type Constructor = { new (buffer: ArrayBuffer): TensorData; readonly BYTES_PER_ELEMENT: number }

/** dtype -> array; F16 and BF16 are read as their bits. https://huggingface.co/docs/safetensors#format */
const arrays: Readonly<Record<string, Constructor>> = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
}

const dtypes: Readonly<Record<string, string>> = {
  Float64Array: 'F64',
  Float32Array: 'F32',
  Float16Array: 'F16',
  BigInt64Array: 'I64',
  Int32Array: 'I32',
  Int16Array: 'I16',
  Int8Array: 'I8',
  BigUint64Array: 'U64',
  Uint32Array: 'U32',
  Uint16Array: 'U16',
  Uint8Array: 'U8',
  Uint8ClampedArray: 'U8',
  Buffer: 'U8',
}

/** The reference implementation refuses a longer header: https://github.com/huggingface/safetensors */
const longestHeader = 100_000_000

/** What the header says of one tensor; `offsets` in bytes from the end of the header. */
export type TensorInfo = {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly offsets: readonly [number, number]
}

/**
 * The bytes of a safetensors file, as chunks that view the tensors' own memory: the header, then each tensor.
 * Tensors are sorted by name, so that the same tensors give the same bytes.
 */
export function writeSafetensors(tensors: Readonly<Record<string, Tensor>>): readonly Uint8Array[] {
  const names = Object.keys(tensors).sort(compareNames)
  const header: [string, object][] = []
  const chunks: Uint8Array[] = []
  let end = 0
  for (const name of names) {
    const tensor = tensors[name]
    if (!tensor) continue
    const bytes = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength)
    const entry = {
      dtype: dtypeOf(tensor.data, name),
      shape: tensor.shape,
      data_offsets: [end, end + bytes.length],
    }
    header.push([name, entry])
    chunks.push(bytes)
    end += bytes.length
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)))
  // Padded with blanks so that the first tensor starts at a multiple of 8 bytes, as the reference does.
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20)
  padded.set(text)
  const length = new Uint8Array(8)
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true)
  return [length, padded, ...chunks]
}

/**
 * Reads a safetensors file. The arrays are copies, aligned as their type needs.
 * @throws FlambeError `STATE_INVALID` where the bytes are not a sound safetensors file.
 */
export function readSafetensors(
  bytes: Uint8Array,
  { name: file = 'safetensors' } = {},
): Record<string, Tensor> {
  const { tensors, start } = readSafetensorsHeader(bytes, { name: file, size: bytes.length })
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape, offsets }]) => {
      const ArrayType = arrays[dtype] ?? Uint8Array
      // Not `bytes.slice`: of a Buffer that is a view, and its memory begins elsewhere.
      const copy = new Uint8Array(bytes.subarray(start + offsets[0], start + offsets[1]))
      return [name, { data: new ArrayType(copy.buffer), shape }]
    }),
  )
}

/** Reads the header alone, from the first bytes of a file of `size` bytes. */
export function readSafetensorsHeader(
  bytes: Uint8Array,
  { name = 'safetensors', size }: { name?: string; size: number },
): { readonly tensors: Readonly<Record<string, TensorInfo>>; readonly start: number } {
  const wrong = (why: string, cause?: unknown) =>
    new FlambeError(
      'STATE_INVALID',
      `${name} is not a safetensors file: ${why}`,
      cause === undefined ? {} : { cause },
    )
  if (bytes.length < 8) throw wrong('it is shorter than 8 bytes')
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  if (length > longestHeader || 8 + length > size) throw wrong(`its header cannot be ${length} bytes long`)
  if (8 + length > bytes.length) throw wrong('its header is cut off')
  const text = bytes.subarray(8, 8 + length)
  const tensors = parseHeader(text, wrong)
  checkOffsets(tensors, { total: size - 8 - length, wrong })
  return { tensors, start: 8 + length }
}

type Wrong = (why: string, cause?: unknown) => FlambeError

function parseHeader(text: Uint8Array, wrong: Wrong): Record<string, TensorInfo> {
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text))
  } catch (cause) {
    throw wrong('its header is not JSON', cause)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw wrong('its header is no mapping')
  const entries = Object.entries(parsed).filter(([name]) => name !== '__metadata__')
  return Object.fromEntries(entries.map(([name, entry]) => [name, parseEntry(name, entry, wrong)]))
}

function parseEntry(name: string, entry: unknown, wrong: Wrong): TensorInfo {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Readonly<Record<string, unknown>>
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
  if (typeof dtype !== 'string' || !arrays[dtype])
    throw wrong(`tensor "${name}" has the type ${String(dtype)}`)
  if (!Array.isArray(shape) || !shape.every(isCount)) throw wrong(`tensor "${name}" has no shape`)
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw wrong(`tensor "${name}" has no offsets`)
  }
  const [start = 0, end = 0] = offsets
  const size = shape.reduce((product, length) => product * length, arrays[dtype].BYTES_PER_ELEMENT)
  if (end - start !== size)
    throw wrong(`tensor "${name}" has ${end - start} bytes, and its shape needs ${size}`)
  return { dtype, shape, offsets: [start, end] }
}

/** The tensors must cover the data without a hole or an overlap, as the reference demands. */
function checkOffsets(
  tensors: Readonly<Record<string, TensorInfo>>,
  { total, wrong }: { total: number; wrong: Wrong },
): void {
  const sorted = Object.entries(tensors).sort(
    ([, a], [, b]) => a.offsets[0] - b.offsets[0] || a.offsets[1] - b.offsets[1],
  )
  let end = 0
  for (const [name, { offsets }] of sorted) {
    if (offsets[0] !== end) throw wrong(`tensor "${name}" starts at ${offsets[0]}, and not at ${end}`)
    end = offsets[1]
  }
  if (end !== total) throw wrong(`its tensors end at ${end}, and its data at ${total}`)
}

function dtypeOf(data: TensorData, name: string): string {
  const dtype = dtypes[data.constructor.name]
  if (dtype) return dtype
  throw new FlambeError(
    'STATE_INVALID',
    `tensor "${name}" is a ${data.constructor.name}, which safetensors cannot hold`,
  )
}

const compareNames = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
