import type { ServeFailure } from '../exchange.ts'
import { failure } from '../problems.ts'

/**
 * What `predict` gave as JSON data: typed arrays as lists, bytes as base64, a Date as its ISO text, Maps as mappings,
 * Sets as lists. A value that is JSON data already is given back as it is. What JSON has no form for is refused with
 * the place where it stands.
 * @throws ServeFailure `output-invalid`
 */
export function toJson(value: unknown): unknown {
  return isPlain(value, 0) ? value : encode(value, { path: [], parents: [] })
}

/** Levels that are looked at without remembering the way: what holds itself goes beyond any number. */
const shallow = 64

/** True for what `JSON.stringify` writes as it is meant. A plain answer is looked through in a fraction of the time that writing takes. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value !== 'object' || depth === shallow) return false
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item = value[index]
      // As in check-input: a number that is handed on is copied to the heap.
      if (typeof item === 'number' ? !Number.isFinite(item) : !isPlain(item, depth + 1)) return false
    }
    return true
  }
  const prototype = Object.getPrototypeOf(value)
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) return false
  for (const key of Object.keys(value)) if (!isPlain(Reflect.get(value, key), depth + 1)) return false
  return true
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
    case 'bigint':
      return encodeBigint(value, place)
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
  if (Array.isArray(value)) return Array.from(value, (item, index) => encode(item, below(index)) ?? null)
  if (value instanceof Date) return encodeDate(value, { path, parents })
  if (value instanceof Set) return Array.from(value, (item, index) => encode(item, below(index)) ?? null)
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

function encodeDate(value: Date, place: Place): string {
  if (Number.isNaN(value.getTime())) throw unfit(place, 'it is a date that is none')
  return value.toISOString()
}

/** As the schema of a bigint says: an integer. */
function encodeBigint(value: bigint, place: Place): number {
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  throw unfit(place, 'it is a bigint beyond ±2^53, which JSON numbers do not hold: answer it as a string')
}

function encodeBinary(value: ArrayBufferView | ArrayBuffer, place: Place): unknown {
  const bytes = bytesOf(value)
  if (bytes) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  const below = (key: number): Place => ({ ...place, path: [...place.path, key] })
  return Array.from<number | bigint, unknown>(value as Float64Array, (item, index) =>
    encode(item, below(index)),
  )
}

/** The bytes of a value that stands for bytes, and not for numbers. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (value instanceof DataView) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return value instanceof Uint8Array ? value : undefined
}

function unfit({ path }: Place, why: string): ServeFailure {
  const where = path.length === 0 ? 'the output' : `/${path.join('/')} of the output`
  return failure('output-invalid', `${where} cannot be answered: ${why}`)
}
