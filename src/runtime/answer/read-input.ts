import { MIMEType } from 'node:util'
import { bytesTypeOf, type JsonSchema, toBytesType, type Validate } from '../../construct/index.ts'
import type { Question } from '../exchange.ts'
import { failure } from '../problems.ts'
import { createInputCheck, type InputCheck } from './check-input.ts'
import { parseJson } from './parse-json.ts'
import { formSchema } from './part-kinds.ts'
import { readForm } from './read-form.ts'

export type InputReader = {
  /** The input that a body holds, checked and revived. Rejects, or throws, a `ServeFailure`. */
  readonly read: (question: Pick<Question, 'body' | 'contentType'>) => unknown
  /** The same for a JSON value. */
  readonly check: InputCheck
}

/** Reads bodies in all forms that an input of this schema can be sent in. */
export async function createInputReader(
  schema: JsonSchema,
  compiled: { readonly validate?: Validate | undefined } = {},
): Promise<InputReader> {
  const bytes = bytesTypeOf(schema, schema)
  const form = formSchema(schema)
  const [check, checkForm] = await Promise.all([
    createInputCheck(schema, compiled),
    createInputCheck(form?.schema ?? true),
  ])
  const accepted = [
    'application/json',
    ...(bytes ? ['application/octet-stream'] : []),
    ...(form ? ['multipart/form-data'] : []),
  ]
  const read: InputReader['read'] = ({ body, contentType }) => {
    // What nearly every request says needs no parsing.
    if (contentType === 'application/json') return check(parseJson(body), body.byteLength)
    const type = parseType(contentType === '' ? (accepted[bytes ? 1 : 0] ?? '') : contentType)
    if (isJson(type)) return check(parseJson(body), body.byteLength)
    if (form && type?.essence === 'multipart/form-data')
      return readForm({ body, contentType }, form).then((value) => checkForm(value, body.byteLength))
    if (bytes && type && !/^(?:multipart|message)\//.test(type.essence)) return toBytesType(body, bytes)
    const detail = `the body is ${contentType}, and this component takes ${accepted.join(', ')}`
    throw failure('content-type-unsupported', detail)
  }
  return { read, check }
}

function parseType(contentType: string): MIMEType | undefined {
  try {
    return new MIMEType(contentType)
  } catch {
    return undefined
  }
}

function isJson(type: MIMEType | undefined): boolean {
  if (!type || !/^application\/(?:json|[^;]+\+json)$/.test(type.essence)) return false
  const charset = type.params.get('charset')
  return charset === null || /^utf-?8$/i.test(charset)
}
