import { FlambeError } from '../errors.ts'

/**
 * An answer of `predict` as JSON data: typed arrays as lists, bytes as base64, a Date as its ISO text, Maps as
 * mappings. What JSON has no form for is refused with the place where it stands.
 * @throws FlambeError `OUTPUT_INVALID`
 */
export function encodeOutput(value: unknown): unknown {
  return encode(value, { path: [], parents: [] })
}

type Place = { readonly path: readonly (string | number)[]; readonly parents: readonly object[] }

function encode(value: unknown, place: Place): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (Number.isFinite(value)) return value
      throw unfit(place, `it is ${value}, which JSON has no number for`)
    case 'object':
      return value === null ? null : encodeObject(value, place)
    case 'undefined':
      if (place.path.length === 0) throw unfit(place, 'predict returned nothing')
      return undefined
    default:
      throw unfit(place, `it is a ${typeof value}, which JSON has no form for`)
  }
}

function encodeObject(value: object, { path, parents }: Place): unknown {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return encodeBinary(value, { path, parents })
  if (parents.includes(value)) throw unfit({ path, parents }, 'it holds itself')
  const below = (key: string | number): Place => ({ path: [...path, key], parents: [...parents, value] })
  if (Array.isArray(value)) return value.map((item, index) => encode(item, below(index)) ?? null)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Set) return [...value].map((item, index) => encode(item, below(index)))
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return encode(value.toJSON(), below('toJSON()'))
  const entries =
    value instanceof Map
      ? [...value].map(([key, item]) => [String(key), item] as const)
      : Object.entries(value)
  return Object.fromEntries(
    entries.map(([key, item]) => [key, encode(item, below(key))]).filter(([, item]) => item !== undefined),
  )
}

function encodeBinary(value: ArrayBufferView | ArrayBuffer, place: Place): unknown {
  if (value instanceof Uint8Array && !(value instanceof Uint8ClampedArray))
    return Buffer.from(value).toString('base64')
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('base64')
  if (value instanceof DataView)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) return Array.from(value, String)
  const numbers = Array.from(value as Float64Array)
  const wrong = numbers.findIndex((number) => !Number.isFinite(number))
  if (wrong === -1) return numbers
  throw unfit(
    { ...place, path: [...place.path, wrong] },
    `it is ${numbers[wrong]}, which JSON has no number for`,
  )
}

function unfit({ path }: Place, why: string): FlambeError {
  const where = path.length === 0 ? 'the output' : `/${path.join('/')} of the output`
  return new FlambeError('OUTPUT_INVALID', `${where} cannot be answered: ${why}`)
}
