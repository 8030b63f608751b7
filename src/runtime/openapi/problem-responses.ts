import type { Json } from '../../construct/index.ts'
import { problems } from '../problems.ts'
import type { Mapping } from './component-schemas.ts'

/** https://www.rfc-editor.org/rfc/rfc9457, with what this server adds. */
export const problemSchemas: Mapping = {
  Problem: {
    description: 'Why a request got no answer.',
    type: 'object',
    properties: {
      type: { type: 'string', format: 'uri', description: 'What kind of problem it is; ends in the code.' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: { type: 'string' },
      detail: { type: 'string', description: 'What is wrong with this request.' },
      violations: { type: 'array', items: { $ref: '#/components/schemas/Violation' } },
      retryAfter: { type: 'number', description: 'Seconds after which another try may succeed.' },
      requestId: { type: 'string' },
    },
    required: ['type', 'title', 'status', 'code'],
  },
  Violation: {
    type: 'object',
    properties: {
      pointer: {
        type: 'string',
        format: 'json-pointer',
        description: 'Where in the input; empty: the whole.',
      },
      message: { type: 'string' },
    },
    required: ['pointer', 'message'],
  },
  State: {
    type: 'object',
    properties: {
      state: { enum: ['live', 'loading', 'ready', 'draining', 'failed'] },
      reason: { type: 'string' },
      since: { type: 'string', format: 'date-time' },
    },
    required: ['state'],
  },
}

/** The answers of these statuses, by the table of problems. */
export function problemResponses(statuses: readonly number[]): Mapping {
  return Object.fromEntries(statuses.map((status) => [String(status), problemResponse(status)]))
}

function problemResponse(status: number): Json {
  const rows = Object.entries(problems).filter(([, row]) => row.status === status)
  const examples = rows.map(([code, { title }]) => [
    code,
    { summary: title, value: { type: `urn:flambe:problem:${code}`, title, status, code } },
  ])
  return {
    description: rows.map(([, { title }]) => title).join('; or: '),
    headers: {
      ...requestId,
      ...((status === 429 || status === 503) && {
        'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } },
      }),
    },
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(examples),
      },
    },
  }
}

/** A header that every answer has. */
export const requestId: Mapping = {
  'X-Request-Id': { description: 'That of the request, or one of our own.', schema: { type: 'string' } },
}
