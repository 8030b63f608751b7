import { ServeFailure, type ServeProblem } from './exchange.ts'

/** One row a code: the HTTP status, and the title of the problem. `docs/08-serving.md` explains each to callers. */
export const problems = {
  'request-invalid': { status: 400, title: 'The request cannot be read' },
  'body-empty': { status: 400, title: 'The request has no body' },
  'body-invalid': { status: 400, title: 'The body cannot be read' },
  unauthorized: { status: 401, title: 'The request bears no valid token' },
  'not-found': { status: 404, title: 'There is nothing at this path' },
  'method-not-allowed': { status: 405, title: 'The method is not one for this path' },
  'not-acceptable': { status: 406, title: 'The answer has none of the accepted forms' },
  'request-too-slow': { status: 408, title: 'The request came too slowly' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'content-type-unsupported': { status: 415, title: 'The content type is not one that is read here' },
  'content-encoding-unsupported': { status: 415, title: 'The content encoding is not one that is read here' },
  'input-invalid': { status: 422, title: 'The input does not fit its schema' },
  'queue-full': { status: 429, title: 'Too many requests wait already' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  cancelled: { status: 499, title: 'The caller left before the answer' },
  internal: { status: 500, title: 'The server failed' },
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

/** Whatever went wrong in a component, as the caller sees it. */
export function asFailure(cause: unknown): ServeFailure {
  if (cause instanceof ServeFailure) return cause
  return failure('predict-failed', 'the log tells more under the id of this request', { cause })
}
