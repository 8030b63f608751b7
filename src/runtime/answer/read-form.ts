import { toBytesType } from '../../construct/index.ts'
import { ServeFailure } from '../exchange.ts'
import { failure } from '../problems.ts'
import { parseJson } from './parse-json.ts'
import type { FormSchema, PartKind } from './part-kinds.ts'

/**
 * The input that a form (multipart/form-data, RFC 7578) holds: each part is the property of its name.
 * @throws ServeFailure `body-invalid`
 */
export async function readForm(
  { body, contentType }: { readonly body: Uint8Array; readonly contentType: string },
  { kinds }: FormSchema,
): Promise<unknown> {
  const found = new Map<string, unknown[]>()
  for (const [name, part] of await partsOf(body, contentType)) {
    const kind = kinds.get(name)
    const values = found.get(name) ?? []
    if (values.length > 0 && !kind?.many)
      throw failure('body-invalid', `the form has two parts of the name ${JSON.stringify(name)}`)
    values.push(await readPart(name, part, kind))
    found.set(name, values)
  }
  return Object.fromEntries(
    [...found].map(([name, values]) => [name, kinds.get(name)?.many ? values : values[0]]),
  )
}

type Part = string | Blob

async function partsOf(body: Uint8Array, contentType: string): Promise<Iterable<readonly [string, Part]>> {
  if (body.byteLength === 0) throw failure('body-empty', 'send a form with a part for each property')
  try {
    const headers = { 'content-type': contentType }
    return await new Response(body as Uint8Array<ArrayBuffer>, { headers }).formData()
  } catch (cause) {
    throw failure('body-invalid', 'the body is no multipart/form-data with the boundary of its header', {
      cause,
    })
  }
}

async function readPart(
  name: string,
  part: Part,
  { kind }: PartKind = { kind: 'json', many: false },
): Promise<unknown> {
  if (kind === 'text' && typeof part === 'string') return part
  const bytes = typeof part === 'string' ? Buffer.from(part) : await part.bytes()
  if (kind === 'text') return Buffer.from(bytes).toString()
  if (kind !== 'json') return toBytesType(bytes, kind)
  try {
    return parseJson(bytes)
  } catch (cause) {
    const detail = cause instanceof ServeFailure ? cause.message : String(cause)
    throw failure('body-invalid', `part ${JSON.stringify(name)}: ${detail}`, { cause })
  }
}
