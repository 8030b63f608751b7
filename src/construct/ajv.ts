import type { Options } from 'ajv/dist/2020.js'
import type { JsonSchema } from './json-schema.ts'

/** A compiled schema: whether a value fits, and after that what did not. */
export type Check = ((value: unknown) => boolean) & { readonly errors?: readonly Misfit[] | null }

export type Misfit = {
  readonly instancePath: string
  readonly message?: string
  readonly params: Readonly<Record<string, unknown>>
  readonly keyword: string
}

/** `all` lists every misfit; `first` stops at the first one. */
export type Extent = 'all' | 'first'

/** Compiles a schema in this process. */
export async function compileCheck(schema: JsonSchema): Promise<(extent: Extent) => Check> {
  const create = await creator()
  return (extent) => create(extent).compile(schema as object)
}

/**
 * The text of an ES module whose default export is the check. It requires modules of Ajv and ajv-formats, so that it has to be
 * bundled.
 */
export async function checkSource(schema: JsonSchema): Promise<(extent: Extent) => string> {
  const [create, { default: standalone }] = await Promise.all([
    creator(),
    import('ajv/dist/standalone/index.js'),
  ])
  const source = (extent: Extent) => {
    const ajv = create(extent, { code: { source: true, esm: true } })
    return standalone.default(ajv, ajv.compile(schema as object))
  }
  const all = source('all')
  return (extent) => (extent === 'all' ? all : source(extent))
}

async function creator() {
  const [{ Ajv2020, _: code }, { default: formats }] = await Promise.all([
    import('ajv/dist/2020.js'),
    import('ajv-formats'),
  ])
  return (extent: Extent, options: Options = {}) => {
    const ajv = new Ajv2020({
      ...options,
      allErrors: extent === 'all',
      strict: false,
      // JSON.parse makes Infinity of 1e999.
      strictNumbers: true,
      // Keywords check what they are given; to compile the schema of schemas takes longer than all else at the start.
      validateSchema: false,
      meta: false,
      discriminator: true,
      allowUnionTypes: true,
      // It tells of formats that it does not know: those say something to people alone.
      logger: false,
    })
    formats.default(ajv)
    // As code, and not as a function: it is in the module that is made of a schema, too.
    ajv.removeKeyword('contentEncoding').addKeyword({
      keyword: 'contentEncoding',
      type: 'string',
      code: (context) => {
        if (context.schema !== 'base64') return
        // The standard alphabet with padding (RFC 4648, section 4).
        const { data } = context
        context.fail(code`${data}.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(${data})`)
      },
      error: { message: 'is not base64' },
    })
    return ajv
  }
}
