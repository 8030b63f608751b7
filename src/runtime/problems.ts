import { ServeFailure, type ServeProblem } from './exchange.ts'

/** One row a code: the HTTP status, and the title of the problem. `docs/serving.md` explains each to callers. */
export const problems = {
  'body-empty': { status: 400, title: 'The request has no body' },
  'body-invalid': { status: 400, title: 'The body cannot be read' },
  'content-type-unsupported': { status: 415, title: 'The content type is not one that is read here' },
  'input-invalid': { status: 422, title: 'The input does not fit its schema' },
  'queue-full': { status: 429, title: 'Too many requests wait already' },
  cancelled: { status: 499, title: 'The caller left before the answer' },
  'predict-failed': { status: 500, title: 'The component failed' },
  'output-invalid': { status: 500, title: 'The component gave an answer that cannot be sent' },
  'not-ready': { status: 503, title: 'The component is not ready' },
  'worker-lost': { status: 503, title: 'The worker that computed the answer was lost' },
  timeout: { status: 504, title: 'The answer took too long' },
} as const satisfies Record<string, Pick<ServeProblem, 'status' | 'title'>>

export type ProblemCode = keyof typeof problems

type Details = Pick<ServeProblem, 'violations' | 'retryAfter'> & { readonly cause?: unknown }

/** A failure of the table, with what is known of this one. */
export function failure(
  code: ProblemCode,
  detail: string,
  { cause, ...details }: Details = {},
): ServeFailure {
  return new ServeFailure(
    { code, ...problems[code], detail, ...details },
    cause === undefined ? undefined : { cause },
  )
}
