import type { Description } from './description.ts'
import { isRecord } from './schema.ts'

/** What is sent: a form or bytes where files are in it and the component takes them so, else JSON. */
export type Body =
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'bytes'; readonly blob: Blob }
  | { readonly kind: 'form'; readonly parts: readonly (readonly [string, Blob | string])[] }

export type Taken = Pick<Description, 'takesBytes' | 'parts'>

export async function bodyOf(value: unknown, { takesBytes, parts }: Taken): Promise<Body> {
  if (value instanceof Blob && takesBytes) return { kind: 'bytes', blob: value }
  if (parts && isRecord(value) && Object.values(value).flat().some(isFile))
    return { kind: 'form', parts: Object.entries(value).flatMap((entry) => partsOf(entry, parts)) }
  return { kind: 'json', text: JSON.stringify(await withoutFiles(value), undefined, 2) ?? 'null' }
}

/** The value with bytes as base64, which is their form in JSON. */
export async function withoutFiles(value: unknown): Promise<unknown> {
  if (value instanceof Blob) return base64(value)
  if (Array.isArray(value)) return Promise.all(value.map(withoutFiles))
  if (!isRecord(value)) return value
  const entries = Object.entries(value).map(async ([key, one]) => [key, await withoutFiles(one)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

/** A list of texts or files is a part for each. */
function partsOf(
  [name, value]: readonly [string, unknown],
  types: ReadonlyMap<string, string>,
): readonly (readonly [string, Blob | string])[] {
  if (types.get(name) === 'application/json') return [[name, JSON.stringify(value)]]
  return [value].flat().map((one) => [name, isFile(one) ? one : String(one)])
}

function isFile(value: unknown): value is Blob {
  return value instanceof Blob
}

/** In pieces: a function takes only so many arguments. */
async function base64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer())
  const count = Math.ceil(bytes.length / pieceSize)
  const pieces = Array.from({ length: count }, (_, index) =>
    String.fromCharCode(...bytes.subarray(index * pieceSize, (index + 1) * pieceSize)),
  )
  return btoa(pieces.join(''))
}

const pieceSize = 32_768
