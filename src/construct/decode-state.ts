import { FlambeError } from '../errors.ts'
import type { Json } from './json-schema.ts'
import type { State } from './object.ts'
import { readSafetensors } from './read-safetensors.ts'
import { deepest, type TagKind, unescapeTag } from './state-tags.ts'
import { float16Array, type Tensor } from './tensor.ts'

type Mapping = { readonly [key: string]: Json }

/**
 * The inverse of `encodeState`. `tensors` are the bytes of its safetensors file, or the tensors read from it.
 * @throws FlambeError `STATE_INVALID` where the bytes are not what `encodeState` writes.
 */
export function decodeState(
  {
    tensors = {},
    values,
  }: { readonly tensors?: Uint8Array | Readonly<Record<string, Tensor>>; readonly values?: Uint8Array },
  { name = 'state' } = {},
): State {
  const known =
    tensors instanceof Uint8Array ? readSafetensors(tensors, { name: `${name}.safetensors` }) : tensors
  const decoder = new Decoder(known, name)
  const decoded = values ? decoder.attributes(values) : []
  const rest = Object.entries(known).filter(([tensor]) => !decoder.used.has(tensor))
  return Object.fromEntries([
    ...rest.map(
      ([tensor, { data, shape, dtype }]) => [tensor, dtype ? { data, shape, dtype } : data] as const,
    ),
    ...decoded,
  ])
}

class Decoder {
  readonly used = new Set<string>()
  readonly #tensors: Readonly<Record<string, Tensor>>
  readonly #name: string
  #depth = 0

  constructor(tensors: Readonly<Record<string, Tensor>>, name: string) {
    this.#tensors = tensors
    this.#name = name
  }

  attributes(bytes: Uint8Array): [string, unknown][] {
    const json = this.#parse(bytes)
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw this.#wrong('is no mapping')
    return Object.entries(json).map(([key, item]) => [unescapeTag(key), this.#decode(item)])
  }

  #parse(bytes: Uint8Array): Json {
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json
    } catch (cause) {
      throw this.#wrong('is not JSON', cause)
    }
  }

  #decode(json: Json): unknown {
    if (typeof json !== 'object' || json === null) return json
    if (++this.#depth > deepest + 1) throw this.#wrong('is nested too deep')
    const value = this.#decodeObject(json)
    this.#depth--
    return value
  }

  #decodeObject(json: Mapping | readonly Json[]): unknown {
    if (Array.isArray(json)) return json.map((item: Json) => this.#decode(item))
    const mapping = json as Mapping
    if (Object.hasOwn(mapping, '$')) return this.#decodeTagged(mapping)
    return Object.fromEntries(
      Object.entries(mapping).map(([key, item]) => [unescapeTag(key), this.#decode(item)]),
    )
  }

  #decodeTagged(json: Mapping): unknown {
    const { $: kind, of = '' } = json
    switch (kind as TagKind) {
      case 'undefined':
        return undefined
      case 'number':
        return this.#special(of)
      case 'bigint':
        if (typeof of === 'string' && /^-?\d+$/.test(of)) return BigInt(of)
        break
      case 'date':
        if (typeof of === 'string' && (of === 'NaN' || !Number.isNaN(Date.parse(of)))) return new Date(of)
        break
      case 'map':
        return new Map(this.#items(of).map((pair) => this.#pair(pair)))
      case 'set':
        return new Set(this.#items(of))
      case 'tensor':
        if (typeof of === 'string') return this.#tensor(of, json)
    }
    throw this.#wrong(`has a value of an unknown kind: ${JSON.stringify(json).slice(0, 100)}`)
  }

  #special(text: Json): number {
    const known = { NaN: Number.NaN, Infinity: Infinity, '-Infinity': -Infinity, '-0': -0 } as const
    if (typeof text === 'string' && Object.hasOwn(known, text)) return known[text as keyof typeof known]
    throw this.#wrong(`has a number ${JSON.stringify(text)}`)
  }

  #items(of: Json): readonly unknown[] {
    if (Array.isArray(of)) return of.map((item: Json) => this.#decode(item))
    throw this.#wrong('has a Map or Set that is no list')
  }

  #pair(value: unknown): [unknown, unknown] {
    if (Array.isArray(value) && value.length === 2) return [value[0], value[1]]
    throw this.#wrong('has a Map of something else than pairs')
  }

  #tensor(tensorName: string, { as, shaped }: Mapping): unknown {
    const tensor = Object.hasOwn(this.#tensors, tensorName) ? this.#tensors[tensorName] : undefined
    if (!tensor) {
      throw new FlambeError('STATE_INVALID', `${this.#name}.safetensors has no tensor "${tensorName}"`)
    }
    this.used.add(tensorName)
    if (shaped) return tensor
    // Each tensor has memory of its own: `readSafetensors` copies.
    const buffer = tensor.data.buffer as ArrayBuffer
    switch (as) {
      case 'Buffer':
        return Buffer.from(buffer)
      case 'ArrayBuffer':
        return buffer
      case 'DataView':
        return new DataView(buffer)
      case 'Uint8ClampedArray':
        return new Uint8ClampedArray(buffer)
      case 'Float16Array':
        return this.#float16(buffer)
      default:
        return tensor.data
    }
  }

  #float16(buffer: ArrayBuffer): object {
    const ArrayType = float16Array()
    if (ArrayType) return new ArrayType(buffer)
    throw new FlambeError('STATE_INVALID', `${this.#name} holds a Float16Array, which this runtime lacks`, {
      hint: 'run it with Node 24 or later',
    })
  }

  #wrong(why: string, cause?: unknown): FlambeError {
    return new FlambeError('STATE_INVALID', `${this.#name}.json ${why}`, { cause })
  }
}
