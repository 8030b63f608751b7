import type { JsonSchema } from './json-schema.ts'

/** One way in which a value does not fit a schema. */
export type Violation = {
  /** JSON Pointer (RFC 6901) to the value; `''` is the whole. */
  readonly pointer: string
  readonly message: string
}

/** Lists every violation; `first` stops at the first one, for a value that may have more of them than memory holds. */
export type Validate = (
  value: unknown,
  options?: { readonly first?: boolean | undefined },
) => readonly Violation[]

/** Compiles a schema (2020-12) into a function that lists the violations of a value. */
export async function compileValidator(schema: JsonSchema): Promise<Validate> {
  if (schema === true) return () => []
  const [{ Ajv2020 }, { default: formats }] = await Promise.all([
    import('ajv/dist/2020.js'),
    import('ajv-formats'),
  ])
  const compile = (allErrors: boolean) => {
    const ajv = new Ajv2020({
      allErrors,
      strict: false,
      // JSON.parse makes Infinity of 1e999.
      strictNumbers: true,
      // Keywords check what they are given; to compile the schema of schemas takes longer than all else at the start.
      validateSchema: false,
      meta: false,
      discriminator: true,
      allowUnionTypes: true,
    })
    formats.default(ajv)
    ajv.removeKeyword('contentEncoding').addKeyword({
      keyword: 'contentEncoding',
      type: 'string',
      validate: (encoding: unknown, text: string) => encoding !== 'base64' || isBase64(text),
      error: { message: 'is not base64' },
    })
    return ajv.compile(schema as object)
  }
  const all = compile(true)
  let first: typeof all | undefined
  return (value, options) => {
    if (options?.first) first ??= compile(false)
    const check = options?.first && first ? first : all
    return check(value) ? [] : (check.errors ?? []).map(violationOf)
  }
}

type Misfit = {
  readonly instancePath: string
  readonly message?: string
  readonly params: Readonly<Record<string, unknown>>
  readonly keyword: string
}

function violationOf({ instancePath, message = 'does not fit', params, keyword }: Misfit): Violation {
  return { pointer: instancePath, message: explain(keyword, message, params) }
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
