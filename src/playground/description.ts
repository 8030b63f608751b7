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
  readonly takesBytes: boolean
  /** Names of the parts of a form (multipart/form-data) and their types; absent where there is nothing but JSON. */
  readonly parts?: ReadonlyMap<string, string>
  readonly needsToken: boolean
}

export function describe(document: unknown): Description {
  const at = (...keys: readonly string[]): unknown =>
    keys.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), document)
  const resolve = resolver(document)
  const operation = ['paths', '/predict', 'post'] as const
  const body = at(...operation, 'requestBody', 'content')
  const encoding = at(...operation, 'requestBody', 'content', 'multipart/form-data', 'encoding')
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
    takesBytes: isRecord(body) && 'application/octet-stream' in body,
    ...(isRecord(encoding) && { parts: new Map(Object.entries(encoding).map(typeOfPart)) }),
    needsToken: list(at(...operation, 'security')).length > 0,
  }
}

function typeOfPart([name, encoding]: readonly [string, unknown]): readonly [string, string] {
  return [name, isRecord(encoding) ? String(encoding['contentType']) : 'application/json']
}
