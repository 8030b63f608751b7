import { isRecord } from './schema.ts'

/** What is sent: a form or bytes where files are in it and the component takes them so, else JSON. */
export type Body =
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'bytes'; readonly blob: Blob }
  | { readonly kind: 'form'; readonly parts: readonly (readonly [string, Blob | string])[] }

export type Taken = { readonly takesForm: boolean; readonly takesBytes: boolean }

export async function bodyOf(value: unknown, { takesForm, takesBytes }: Taken): Promise<Body> {
  if (value instanceof Blob && takesBytes) return { kind: 'bytes', blob: value }
  if (
    takesForm &&
    isRecord(value) &&
    Object.values(value)
      .flat()
      .some((one) => one instanceof Blob)
  )
    return { kind: 'form', parts: Object.entries(value).flatMap(partsOf) }
  return { kind: 'json', text: JSON.stringify(await withoutFiles(value), undefined, 2) ?? '' }
}

/** The value with bytes as base64, which is their form in JSON. */
export async function withoutFiles(value: unknown): Promise<unknown> {
  if (value instanceof Blob) return base64(value)
  if (Array.isArray(value)) return Promise.all(value.map(withoutFiles))
  if (!isRecord(value)) return value
  const entries = Object.entries(value).map(async ([key, one]) => [key, await withoutFiles(one)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

/** A list with files in it is a part for each; texts go as they are, all else as JSON. */
function partsOf([name, value]: readonly [string, unknown]): readonly (readonly [string, Blob | string])[] {
  if (value instanceof Blob || typeof value === 'string') return [[name, value]]
  const isFiles = Array.isArray(value) && value.some((one) => one instanceof Blob)
  if (isFiles) return value.flatMap((one) => partsOf([name, one]))
  return [[name, JSON.stringify(value)]]
}

function base64(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(blob)
  })
}
