import { FlambeError } from '../errors.ts'
import { isComponent } from './brand.ts'
import type { Json } from './json-schema.ts'
import type { State } from './object.ts'
import { deepest, escapeTag } from './state-tags.ts'
import { dtypeOf, isFloat16Array, type Tensor, type TensorData } from './tensor.ts'
import { metadataName, writeSafetensors } from './write-safetensors.ts'

/** State as bytes: tensors as a safetensors file, and what is no tensor as JSON. Either may be absent. */
export type EncodedState = {
  readonly tensors?: readonly Uint8Array[]
  readonly values?: readonly Uint8Array[]
}

/**
 * Turns state into data: loading it runs no code. Typed arrays and `{ data, shape }` tensors become tensors
 * named by their attribute (`weight`, `layers.0.bias`), without a copy; numbers that JSON lacks, bigint, Date,
 * Map, Set and undefined survive as tagged JSON. The same state gives the same bytes.
 * @throws FlambeError `STATE_INVALID` naming the attribute whose value is no data.
 */
export function encodeState(state: State, { owner = 'the component' } = {}): EncodedState {
  const encoder = new Encoder(owner)
  const values = Object.entries(state).flatMap(([name, value]) => encoder.attribute(name, value))
  return {
    ...(encoder.tensors.size > 0 && { tensors: writeSafetensors(Object.fromEntries(encoder.tensors)) }),
    ...(values.length > 0 && {
      values: [new TextEncoder().encode(`${JSON.stringify(Object.fromEntries(values))}\n`)],
    }),
  }
}

class Encoder {
  readonly tensors = new Map<string, Tensor>()
  readonly #owner: string
  readonly #path: (string | number)[] = []
  readonly #parents = new Set<object>()

  constructor(owner: string) {
    this.#owner = owner
  }

  /** The attribute's entry in the JSON; none where its tensor alone says all. */
  attribute(name: string, value: unknown): [string, Json][] {
    if (isPlainArray(value) && !this.#isTaken(name)) {
      this.#path.push(name)
      this.#add({ data: value, shape: [value.length] })
      this.#path.pop()
      return []
    }
    return [[escapeTag(name), this.#below(name, value)]]
  }

  #below(key: string | number, value: unknown): Json {
    this.#path.push(key)
    const json = this.#encode(value)
    this.#path.pop()
    return json
  }

  #encode(value: unknown): Json {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
    if (typeof value === 'number')
      return isJsonNumber(value) ? value : { $: 'number', of: Object.is(value, -0) ? '-0' : `${value}` }
    if (typeof value === 'bigint') return { $: 'bigint', of: `${value}` }
    if (value === undefined) return { $: 'undefined' }
    if (typeof value !== 'object') throw this.#refuse(value, 'it is no data')
    if (this.#parents.has(value)) throw this.#refuse(value, 'it holds itself')
    if (this.#parents.size > deepest) throw this.#refuse(value, `it is nested more than ${deepest} deep`)
    this.#parents.add(value)
    const json = this.#encodeObject(value)
    this.#parents.delete(value)
    return json
  }

  #encodeObject(value: object): Json {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return this.#encodeBinary(value)
    switch (Object.getPrototypeOf(value)) {
      case Array.prototype:
        return this.#encodeList(value as readonly unknown[])
      case Object.prototype:
      case null:
        if (isTensor(value)) return { $: 'tensor', of: this.#add(value), shaped: true }
        return this.#encodeMapping(value)
      case Map.prototype:
        return { $: 'map', of: this.#encodeList([...(value as Map<unknown, unknown>)]) }
      case Set.prototype:
        return { $: 'set', of: this.#encodeList([...(value as Set<unknown>)]) }
      case Date.prototype:
        return { $: 'date', of: (value as Date).toJSON() ?? 'NaN' }
      default:
        throw this.#refuse(value, whyNoData(value))
    }
  }

  #encodeList(list: readonly unknown[]): Json {
    // `every` skips holes, which JSON would write as null.
    if (!list.includes(undefined) && list.every(isJsonNumber)) return list
    return Array.from(list, (item, index) => this.#below(index, item))
  }

  #encodeMapping(value: object): Json {
    if (Object.getOwnPropertySymbols(value).length > 0)
      throw this.#refuse(value, 'it has a symbol among its keys')
    const entries = Object.entries(value)
    return Object.fromEntries(entries.map(([key, item]) => [escapeTag(key), this.#below(key, item)]))
  }

  #encodeBinary(value: ArrayBufferView | ArrayBuffer): Json {
    const as = isFloat16Array(value)
      ? 'Float16Array'
      : Buffer.isBuffer(value)
        ? 'Buffer'
        : value.constructor.name
    if (isTypedArray(value)) return { $: 'tensor', of: this.#add({ data: value, shape: [value.length] }), as }
    if (!(value instanceof DataView) && Object.getPrototypeOf(value) !== ArrayBuffer.prototype)
      throw this.#refuse(value, whyNoData(value))
    const bytes =
      value instanceof ArrayBuffer
        ? new Uint8Array(value)
        : new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    return { $: 'tensor', of: this.#add({ data: bytes, shape: [bytes.length] }), as }
  }

  /** The tensor's name in the file. */
  #add(tensor: Tensor): string {
    const { data } = tensor
    if (!dtypeOf(tensor)) throw this.#refuse(data, whyNoData(data))
    if ('detached' in data.buffer && data.buffer.detached)
      throw this.#refuse(data, 'its memory was transferred to somewhere else')
    const plain = this.#path.join('.')
    let name = plain
    for (let count = 2; this.#isTaken(name); count++) name = `${plain}#${count}`
    this.tensors.set(name, tensor)
    return name
  }

  #isTaken(name: string): boolean {
    return this.tensors.has(name) || name === metadataName
  }

  #refuse(value: unknown, why: string): FlambeError {
    const kind = typeof value === 'object' ? `a ${value?.constructor?.name ?? 'object'}` : `a ${typeof value}`
    const where = `${this.#path.slice(0, 8).join('.')}${this.#path.length > 8 ? '…' : ''}`
    return new FlambeError('STATE_INVALID', `${this.#owner} cannot save ${where}, ${kind}: ${why}`, {
      hint: 'state is numbers, strings, typed arrays and lists or mappings of them; save something else with saveState and loadState',
    })
  }
}

function whyNoData(value: object): string {
  return isComponent(value)
    ? 'a component keeps its own state, so it is not registered by the one that holds it'
    : 'it is no data'
}

const isJsonNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)

function isTypedArray(value: unknown): value is TensorData {
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
}

/** An array whose type its dtype alone brings back. */
function isPlainArray(value: unknown): value is TensorData {
  if (!isTypedArray(value) || isFloat16Array(value)) return false
  return !Buffer.isBuffer(value) && !(value instanceof Uint8ClampedArray)
}

function isTensor(value: object): value is Tensor {
  const { data, shape, dtype, ...rest } = value as Partial<Tensor>
  if (Object.keys(rest).length > 0 || !isTypedArray(data) || !Array.isArray(shape)) return false
  if (isFloat16Array(data) || Buffer.isBuffer(data) || data instanceof Uint8ClampedArray) return false
  if (!dtypeOf({ data, shape, ...(dtype && { dtype }) })) return false
  const product = shape.reduce((size, length) => size * length, 1)
  return product === data.length && shape.every((length) => Number.isSafeInteger(length) && length >= 0)
}
