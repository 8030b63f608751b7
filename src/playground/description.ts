import { isRecord, list, type Resolve, resolver, type Schema } from './schema.ts'

/** What the page knows of the component, from `/openapi.json`. */
export type Description = {
  readonly name: string
  readonly version: string
  readonly text: string
  readonly input: Schema
  readonly resolve: Resolve
  readonly examples: readonly unknown[]
  readonly streams: boolean
  /** Forms that a body can have beside JSON. */
  readonly takesForm: boolean
  readonly takesBytes: boolean
  readonly needsToken: boolean
}

export function describe(document: unknown): Description {
  const at = (...keys: readonly string[]): unknown =>
    keys.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), document)
  const resolve = resolver(document)
  const operation = ['paths', '/predict', 'post'] as const
  const body = at(...operation, 'requestBody', 'content')
  const types = isRecord(body) ? Object.keys(body) : []
  const answers = at(...operation, 'responses', '200', 'content')
  const input = resolve(at(...operation, 'requestBody', 'content', 'application/json', 'schema'))
  return {
    name: String(at('info', 'title') ?? 'component'),
    version: String(at('info', 'version') ?? ''),
    text: String(at('info', 'description') ?? ''),
    input,
    resolve,
    examples: list(input['examples']),
    streams: isRecord(answers) && 'text/event-stream' in answers,
    takesForm: types.includes('multipart/form-data'),
    takesBytes: types.includes('application/octet-stream'),
    needsToken: list(at(...operation, 'security')).length > 0,
  }
}
