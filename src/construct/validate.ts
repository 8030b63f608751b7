import type { JsonSchema } from './json-schema.ts'

/** One way in which a value does not fit a schema. */
export type Violation = {
  /** JSON Pointer (RFC 6901) to the value; `''` is the whole. */
  readonly pointer: string
  readonly message: string
}

export type Validate = (value: unknown) => readonly Violation[]

/** Compiles a schema (2020-12) into a function that lists every violation of a value. */
export async function compileValidator(schema: JsonSchema): Promise<Validate> {
  if (schema === true) return () => []
  const [{ Ajv2020 }, formats] = await Promise.all([import('ajv/dist/2020.js'), import('ajv-formats')])
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    // JSON.parse makes Infinity of 1e999.
    strictNumbers: true,
    discriminator: true,
    allowUnionTypes: true,
  })
  formats.default.default(ajv)
  ajv.removeKeyword('contentEncoding').addKeyword({
    keyword: 'contentEncoding',
    type: 'string',
    validate: (encoding: unknown, text: string) => encoding !== 'base64' || isBase64(text),
    error: { message: 'is not base64' },
  })
  const check = ajv.compile(schema as object)
  return (value) =>
    check(value)
      ? []
      : (check.errors ?? []).map(({ instancePath, message = 'does not fit', params, keyword }) => ({
          pointer: instancePath,
          message: explain(keyword, message, params),
        }))
}

/** The standard alphabet with padding (RFC 4648, section 4). */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}

/** Ajv leaves the names and values that matter to its parameters. */
function explain(keyword: string, message: string, params: Readonly<Record<string, unknown>>): string {
  if (keyword === 'additionalProperties') return `${message}: "${String(params['additionalProperty'])}"`
  if (keyword === 'enum' && Array.isArray(params['allowedValues'])) {
    return `${message}: ${params['allowedValues'].map((value) => JSON.stringify(value)).join(', ')}`
  }
  if (keyword === 'const') return `${message}: ${JSON.stringify(params['allowedValue'])}`
  return message
}
