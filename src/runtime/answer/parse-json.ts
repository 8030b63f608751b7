import { isUtf8 } from 'node:buffer'
import { failure } from '../problems.ts'
import { findJsonError } from './json-error.ts'

/**
 * The value of a JSON text (RFC 8259): UTF-8, with or without a byte order mark. Of a key that stands twice the last
 * counts, as in `JSON.parse`.
 * @throws ServeFailure `body-empty`, `body-invalid` with line and column.
 */
export function parseJson(body: Uint8Array): unknown {
  if (body.byteLength === 0) throw failure('body-empty', 'send JSON that fits the schema of the input')
  const text = withoutMark(textOf(body))
  try {
    return JSON.parse(text)
  } catch (cause) {
    const { line, column, expected, found } = findJsonError(text)
    const detail = `the body is not JSON: line ${line}, column ${column} has ${found}, expected ${expected}`
    throw failure('body-invalid', detail, { cause })
  }
}

/** What is no UTF-8 becomes U+FFFD, which a text may hold of itself: only then are the bytes looked at once more. */
function textOf(body: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = body
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(buffer, byteOffset, byteLength)
  const text = bytes.toString()
  if (text.includes('\uFFFD') && !isUtf8(body)) throw failure('body-invalid', 'the body is not UTF-8')
  return text
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfe_ff ? text.slice(1) : text
}
