/** Numbers in memory; what a tensor's `data` can be. A `Float16Array` is taken too, where the runtime has it. */
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
export type Tensor = {
  readonly data: TensorData
  readonly shape: readonly number[]
  /** Set where `data` holds the bits of a type that JavaScript has no array for: see `toFloat32`. */
  readonly dtype?: BitsDtype
}

/** Types of safetensors whose values are held as bits: the 16-bit ones in a Uint16Array, the others in a Uint8Array. */
export type BitsDtype = 'F16' | 'BF16' | 'BOOL' | 'F8_E4M3' | 'F8_E5M2'

type ArrayType = {
  new (buffer: ArrayBuffer): TensorData
  readonly BYTES_PER_ELEMENT: number
  readonly prototype: TensorData
}

type Dtype = { readonly name: string; readonly array: ArrayType; readonly bits?: BitsDtype }

/**
 * The types that we read and write, in the order of their rank in the reference implementation. It writes
 * higher ranks first, so that each tensor starts at a multiple of its element's size.
 * https://github.com/huggingface/safetensors
 */
const dtypes: readonly Dtype[] = [
  { name: 'BOOL', array: Uint8Array, bits: 'BOOL' },
  { name: 'U8', array: Uint8Array },
  { name: 'I8', array: Int8Array },
  { name: 'F8_E5M2', array: Uint8Array, bits: 'F8_E5M2' },
  { name: 'F8_E4M3', array: Uint8Array, bits: 'F8_E4M3' },
  { name: 'I16', array: Int16Array },
  { name: 'U16', array: Uint16Array },
  { name: 'F16', array: Uint16Array, bits: 'F16' },
  { name: 'BF16', array: Uint16Array, bits: 'BF16' },
  { name: 'I32', array: Int32Array },
  { name: 'U32', array: Uint32Array },
  { name: 'F32', array: Float32Array },
  { name: 'F64', array: Float64Array },
  { name: 'I64', array: BigInt64Array },
  { name: 'U64', array: BigUint64Array },
]

export type DtypeEntry = Dtype & { readonly rank: number }

/** The type of this name, or undefined for one that we do not know. */
export function dtypeNamed(name: string): DtypeEntry | undefined {
  return entryAt(dtypes.findIndex((one) => one.name === name))
}

/** The type that a tensor is written as, or undefined where its data is no array of numbers. */
export function dtypeOf({ data, dtype }: Tensor): DtypeEntry | undefined {
  const prototype: unknown = Object.getPrototypeOf(data)
  if (isFloat16Array(data)) return dtypeNamed('F16')
  const bytes = prototype === Buffer.prototype || prototype === Uint8ClampedArray.prototype
  const held = bytes ? Uint8Array.prototype : prototype
  return entryAt(dtypes.findIndex((one) => one.array.prototype === held && one.bits === dtype))
}

/** `Float16Array` came with Node 24. */
export function float16Array(): ArrayType | undefined {
  const found: unknown = Reflect.get(globalThis, 'Float16Array')
  return typeof found === 'function' ? (found as unknown as ArrayType) : undefined
}

export function isFloat16Array(value: object): boolean {
  const known = float16Array()
  return known !== undefined && Object.getPrototypeOf(value) === known.prototype
}

function entryAt(rank: number): DtypeEntry | undefined {
  const entry = dtypes[rank]
  return entry && { ...entry, rank }
}
