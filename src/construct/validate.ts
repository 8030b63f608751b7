import { type Check, compileCheck, type Extent, type Misfit } from './ajv.ts'
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
  const compile = await compileCheck(schema)
  const all = compile('all')
  let first: Check | undefined
  return validatorOf((extent) => {
    if (extent === 'all') return all
    first ??= compile('first')
    return first
  })
}

/** The function that lists the violations which these checks find. */
export function validatorOf(checks: (extent: Extent) => Check): Validate {
  return (value, options) => {
    const check = checks(options?.first ? 'first' : 'all')
    return check(value) ? [] : (check.errors ?? []).map(violationOf)
  }
}

function violationOf({ instancePath, message = 'does not fit', params, keyword }: Misfit): Violation {
  return { pointer: instancePath, message: explain(keyword, message, params) }
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
