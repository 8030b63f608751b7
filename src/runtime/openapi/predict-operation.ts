import type { PredictEntry } from '../../artifact/index.ts'
import type { Json, JsonSchema } from '../../construct/index.ts'
import { bytesTypeOf } from '../../construct/index.ts'
import { formSchema, type PartKind } from '../answer/index.ts'
import { asObject, type Mapping } from './component-schemas.ts'
import { problemResponses, requestId } from './problem-responses.ts'

export type Security = { readonly isSecured: boolean; readonly security: Json }

/** `POST /predict`. */
export function predictOperation(entry: PredictEntry, { isSecured, security }: Security): Mapping {
  const { description } = entry
  const unauthorized = isSecured ? [401] : []
  return {
    operationId: 'predict',
    summary: 'Ask the component',
    ...(description !== undefined && { description }),
    security,
    parameters,
    requestBody: { required: true, content: requestContent(entry.input) },
    responses: {
      '200': {
        description: descriptionOf(entry.output) ?? 'What the component answers.',
        headers: { ...requestId, ...serverTiming },
        content: answerContent(entry),
      },
      ...problemResponses([400, ...unauthorized, 406, 408, 413, 415, 422, 429, 500, 503, 504]),
    },
  }
}

const parameters: Json = [
  {
    name: 'X-Request-Id',
    in: 'header',
    description:
      'Comes back with the answer, and stands in the log; one of more than 128 characters, or of odd ones, is replaced.',
    schema: { type: 'string' },
  },
  {
    name: 'X-Request-Timeout',
    in: 'header',
    description:
      'The longest that the answer may take, such as 500ms or 2s (a bare number: seconds); the server may have a lower limit.',
    schema: { type: 'string', pattern: '^([1-9]\\d{0,3}(ms|s|\\.\\d+s?)?|0\\.[1-9]\\d*s?)$' },
  },
  {
    name: 'traceparent',
    in: 'header',
    description: 'https://www.w3.org/TR/trace-context/#traceparent-header',
    schema: { type: 'string' },
  },
]

const serverTiming: Mapping = {
  'Server-Timing': { description: 'Milliseconds of waiting and computing.', schema: { type: 'string' } },
}

const inputRef: Json = { $ref: '#/components/schemas/Input' }
const outputRef: Json = { $ref: '#/components/schemas/Output' }

function requestContent(input: JsonSchema): Mapping {
  const form = formSchema(input)
  const examples = namedExamples(input)
  return {
    'application/json': { schema: inputRef, ...(examples && { examples }) },
    ...(form && { 'multipart/form-data': formContent(asObject(form.schema), form.kinds) }),
    ...(bytesTypeOf(input, input) && { 'application/octet-stream': { schema: {} } }),
  }
}

/** Each part is the property of its name; a list of texts or files is a part for each. */
function formContent(schema: Mapping, kinds: ReadonlyMap<string, PartKind>): Mapping {
  const properties = [...kinds].map(([name, kind]) => [name, partSchema(name, kind)])
  const encoding = [...kinds].map(([name, { kind }]) => [name, { contentType: partType(kind) }])
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(properties),
      ...(schema['required'] !== undefined && { required: schema['required'] }),
    },
    encoding: Object.fromEntries(encoding),
  }
}

function partSchema(name: string, { kind, many }: PartKind): Json {
  if (kind === 'text' || kind === 'json') return { $ref: `#/components/schemas/Input/properties/${name}` }
  const file = { type: 'string', contentMediaType: 'application/octet-stream' }
  return many ? { type: 'array', items: file } : file
}

function partType(kind: PartKind['kind']): string {
  if (kind === 'text') return 'text/plain'
  return kind === 'json' ? 'application/json' : 'application/octet-stream'
}

function answerContent({ output, stream }: PredictEntry): Mapping {
  if (!stream) {
    const { contentMediaType } = asObject(output)
    const bytes = typeof contentMediaType === 'string' ? contentMediaType : 'application/octet-stream'
    return bytesTypeOf(output, output)
      ? { [bytes]: { schema: {} } }
      : { 'application/json': { schema: outputRef } }
  }
  const items = (description: string): Json => ({
    schema: { type: 'string', description, 'x-flambe-item': outputRef },
  })
  return {
    'application/json': { schema: { type: 'array', items: outputRef } },
    'text/event-stream': items(
      'An event `output` for each item, then `done`; `error` ends it with a Problem.',
    ),
    'application/x-ndjson': items('A line of JSON for each item; a line {"error": Problem} ends it.'),
  }
}

function namedExamples(schema: JsonSchema): Json | undefined {
  const { examples } = asObject(schema)
  if (!Array.isArray(examples) || examples.length === 0) return undefined
  return Object.fromEntries(examples.map((value: Json, index) => [`example${index + 1}`, { value }]))
}

function descriptionOf(schema: JsonSchema): string | undefined {
  const { description } = asObject(schema)
  return typeof description === 'string' ? description : undefined
}
