import { FlambeError } from '../errors.ts'
import type { Json } from './json-schema.ts'
import type { State } from './object.ts'
import { readSafetensors, type Tensor, type TensorData, writeSafetensors } from './safetensors.ts'

/** State as bytes: tensors as a safetensors file, and what is no tensor as JSON. Either may be absent. */
export type EncodedState = {
  readonly tensors?: readonly Uint8Array[]
  readonly values?: readonly Uint8Array[]
}

/**
 * Turns state into data: loading it runs no code. Typed arrays and `{ data, shape }` tensors become tensors
 * named by their attribute (`weight`, `layers.0.bias`); numbers that JSON lacks, bigint, Date, Map, Set and
 * undefined survive as tagged JSON.
 * @throws FlambeError `STATE_INVALID` naming the attribute whose value is no data.
 */
export function encodeState(state: State, { owner = 'the component' } = {}): EncodedState {
  const tensors = new Map<string, Tensor>()
  const values: [string, Json][] = []
  for (const [name, value] of Object.entries(state)) {
    if (isPlainArray(value) && !tensors.has(name)) tensors.set(name, { data: value, shape: [value.length] })
    else values.push([name, encode(value, { path: [name], owner, tensors, parents: [] })])
  }
  return {
    ...(tensors.size > 0 && { tensors: writeSafetensors(Object.fromEntries(tensors)) }),
    ...(values.length > 0 && {
      values: [new TextEncoder().encode(`${JSON.stringify(Object.fromEntries(values))}\n`)],
    }),
  }
}

/** The inverse of `encodeState`. */
export function decodeState(
  { tensors, values }: { tensors?: Uint8Array; values?: Uint8Array },
  { name = 'state' } = {},
): State {
  const known = tensors ? readSafetensors(tensors, { name: `${name}.safetensors` }) : {}
  const used = new Set<string>()
  const decoded = values ? decode(parseValues(values, name), { tensors: known, used, name }) : {}
  const rest = Object.entries(known).filter(([tensor]) => !used.has(tensor))
  return Object.fromEntries([
    ...rest.map(([tensor, { data }]) => [tensor, data] as const),
    ...Object.entries(decoded as object),
  ])
}

type Encoding = {
  readonly path: readonly string[]
  readonly owner: string
  readonly tensors: Map<string, Tensor>
  readonly parents: readonly object[]
}

function encode(value: unknown, at: Encoding): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? value : tagged('number', numberText(value))
  if (typeof value === 'bigint') return tagged('bigint', `${value}`)
  if (value === undefined) return { $: 'undefined' }
  if (typeof value !== 'object') throw noData(value, at)
  if (at.parents.includes(value)) throw noData(value, at, 'it holds itself')
  return encodeObject(value, { ...at, parents: [...at.parents, value] })
}

function encodeObject(value: object, at: Encoding): Json {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return encodeBinary(value, at)
  if (isTensor(value)) return { $: 'tensor', of: addTensor(value, at), shaped: true }
  if (Array.isArray(value)) return value.map((item, index) => encode(item, below(at, `${index}`)))
  if (value instanceof Date)
    return tagged('date', Number.isNaN(value.getTime()) ? 'NaN' : value.toISOString())
  if (value instanceof Map) {
    return { $: 'map', of: [...value].map((entry, index) => encode(entry, below(at, `${index}`))) }
  }
  if (value instanceof Set)
    return { $: 'set', of: [...value].map((item, index) => encode(item, below(at, `${index}`))) }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw noData(value, at)
  const entries = Object.entries(value).map(([key, item]) => [escapeTag(key), encode(item, below(at, key))])
  return Object.fromEntries(entries)
}

function encodeBinary(value: ArrayBufferView | ArrayBuffer, at: Encoding): Json {
  const as = Buffer.isBuffer(value) ? 'Buffer' : value.constructor.name
  if (isTypedArray(value))
    return { $: 'tensor', of: addTensor({ data: value, shape: [value.length] }, at), as }
  const bytes =
    value instanceof ArrayBuffer
      ? new Uint8Array(value)
      : new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return { $: 'tensor', of: addTensor({ data: bytes, shape: [bytes.length] }, at), as }
}

function addTensor(tensor: Tensor, { path, tensors }: Encoding): string {
  const plain = path.join('.')
  let name = plain
  for (let count = 2; tensors.has(name); count++) name = `${plain}#${count}`
  tensors.set(name, tensor)
  return name
}

type Decoding = {
  readonly tensors: Readonly<Record<string, Tensor>>
  readonly used: Set<string>
  readonly name: string
}

function decode(json: Json, at: Decoding): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map((item) => decode(item, at))
  const mapping = json as { readonly [key: string]: Json }
  if (Object.hasOwn(mapping, '$')) return decodeTagged(mapping, at)
  return Object.fromEntries(
    Object.entries(mapping).map(([key, item]) => [unescapeTag(key), decode(item, at)]),
  )
}

function decodeTagged(json: { readonly [key: string]: Json }, at: Decoding): unknown {
  const items = () => (Array.isArray(json['of']) ? json['of'].map((item: Json) => decode(item, at)) : [])
  const text = String(json['of'])
  switch (json['$']) {
    case 'undefined':
      return undefined
    case 'number':
      return text === '-0' ? -0 : Number(text)
    case 'bigint':
      return BigInt(text)
    case 'date':
      return new Date(text)
    case 'map':
      return new Map(items() as [unknown, unknown][])
    case 'set':
      return new Set(items())
    case 'tensor':
      return decodeTensor(json, text, at)
    default:
      throw new FlambeError(
        'STATE_INVALID',
        `${at.name}.json has a value of the unknown kind "${String(json['$'])}"`,
      )
  }
}

function decodeTensor(
  json: { readonly [key: string]: Json },
  tensorName: string,
  { tensors, used, name }: Decoding,
): unknown {
  const tensor = Object.hasOwn(tensors, tensorName) ? tensors[tensorName] : undefined
  if (!tensor) throw new FlambeError('STATE_INVALID', `${name}.safetensors has no tensor "${tensorName}"`)
  used.add(tensorName)
  if (json['shaped']) return tensor
  const { data } = tensor
  const buffer = data.buffer as ArrayBuffer
  switch (json['as']) {
    case 'Buffer':
      return Buffer.from(buffer)
    case 'ArrayBuffer':
      return buffer
    case 'DataView':
      return new DataView(buffer)
    case 'Uint8ClampedArray':
      return new Uint8ClampedArray(buffer)
    default:
      return data
  }
}

function parseValues(values: Uint8Array, name: string): Json {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(values)) as Json
  } catch (cause) {
    throw new FlambeError('STATE_INVALID', `${name}.json is not JSON`, { cause })
  }
}

function noData(value: unknown, { path, owner }: Encoding, why = 'it is no data'): FlambeError {
  const kind = typeof value === 'object' ? `a ${value?.constructor?.name ?? 'object'}` : `a ${typeof value}`
  return new FlambeError('STATE_INVALID', `${owner} cannot save ${path.join('.')}, ${kind}: ${why}`, {
    hint: 'state is numbers, strings, typed arrays and lists or mappings of them; save something else with saveState and loadState',
  })
}

const below = (at: Encoding, key: string): Encoding => ({ ...at, path: [...at.path, key] })
const tagged = (kind: string, of: string): Json => ({ $: kind, of })
const numberText = (value: number) => (Object.is(value, -0) ? '-0' : String(value))
const escapeTag = (key: string) => (/^\$+$/.test(key) ? `$${key}` : key)
const unescapeTag = (key: string) => (/^\$\$+$/.test(key) ? key.slice(1) : key)

function isTypedArray(value: unknown): value is TensorData {
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
}

/** An array whose type its dtype alone brings back. */
function isPlainArray(value: unknown): value is TensorData {
  return isTypedArray(value) && !Buffer.isBuffer(value) && !(value instanceof Uint8ClampedArray)
}

function isTensor(value: object): value is Tensor {
  const { data, shape, ...rest } = value as Partial<Tensor>
  if (Object.keys(rest).length > 0 || !isTypedArray(data) || !Array.isArray(shape)) return false
  return (
    shape.every(Number.isSafeInteger) &&
    shape.reduce((product, length) => product * length, 1) === data.length
  )
}
