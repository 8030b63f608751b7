import type ts from 'typescript'
import type { Json, JsonSchema } from '../construct/index.ts'

const numbers = (type: string, item: { readonly [keyword: string]: Json }): JsonSchema => ({
  type: 'array',
  items: item,
  'x-flambe-type': type,
})
const integers = (type: string, minimum: number, maximum: number): JsonSchema =>
  numbers(type, { type: 'integer', minimum, maximum })
const bytes = (type: string): JsonSchema => ({
  type: 'string',
  contentEncoding: 'base64',
  'x-flambe-type': type,
})

/** 64-bit bounds are left out: JSON numbers cannot say them. */
export const bigint: JsonSchema = { type: 'integer', 'x-flambe-type': 'bigint' }

/**
 * Types of the language and of Node that JSON has a form for. `x-flambe-type` names what the runtime makes of the
 * JSON value.
 */
const schemas: Readonly<Record<string, JsonSchema>> = {
  Date: { type: 'string', format: 'date-time', 'x-flambe-type': 'Date' },
  Object: { type: 'object' },
  String: { type: 'string' },
  Number: { type: 'number' },
  Boolean: { type: 'boolean' },
  BigInt: bigint,
  Uint8Array: bytes('Uint8Array'),
  Buffer: bytes('Buffer'),
  ArrayBuffer: bytes('ArrayBuffer'),
  SharedArrayBuffer: bytes('ArrayBuffer'),
  Int8Array: integers('Int8Array', -128, 127),
  Uint8ClampedArray: integers('Uint8ClampedArray', 0, 255),
  Int16Array: integers('Int16Array', -32768, 32767),
  Uint16Array: integers('Uint16Array', 0, 65535),
  Int32Array: integers('Int32Array', -2147483648, 2147483647),
  Uint32Array: integers('Uint32Array', 0, 4294967295),
  BigInt64Array: numbers('BigInt64Array', { type: 'integer' }),
  BigUint64Array: numbers('BigUint64Array', { type: 'integer', minimum: 0 }),
  Float16Array: numbers('Float16Array', { type: 'number' }),
  Float32Array: numbers('Float32Array', { type: 'number' }),
  Float64Array: numbers('Float64Array', { type: 'number' }),
}

const inexpressible = new Set(
  [
    'DataView',
    'Map',
    'ReadonlyMap',
    'Set',
    'ReadonlySet',
    'WeakMap',
    'WeakSet',
    'RegExp',
    'Promise',
    'Error',
  ].concat([
    'Function',
    'Symbol',
    'URL',
    'URLSearchParams',
    'Blob',
    'File',
    'Request',
    'Response',
    'ReadableStream',
  ]),
)

/** The schema of a type that the language or Node declares; `undefined` if it has no form in JSON, `'ordinary'` for all others. */
export function specialSchema(type: ts.Type): JsonSchema | undefined | 'ordinary' {
  const symbol = type.getSymbol()
  if (!symbol || !isDeclaredOutside(symbol)) return 'ordinary'
  const known = Object.hasOwn(schemas, symbol.name) ? schemas[symbol.name] : undefined
  if (known !== undefined) return known
  return inexpressible.has(symbol.name) ? undefined : 'ordinary'
}

/** True for what is declared in declaration files only: the language, Node, packages. */
export function isDeclaredOutside(symbol: ts.Symbol): boolean {
  return symbol.declarations?.every((one) => one.getSourceFile().isDeclarationFile) ?? false
}
