import { ServeFailure, type ServeProblem } from '../exchange.ts'
import { failure } from '../problems.ts'
import type { ServeResponse } from './message.ts'

/** A failure as an answer. https://www.rfc-editor.org/rfc/rfc9457 */
export function problemResponse(
  error: unknown,
  { id, headers }: { readonly id: string; readonly headers?: ServeResponse['headers'] },
): ServeResponse {
  const problem = problemOf(error)
  const { status, retryAfter } = problem
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...headers,
      ...(retryAfter !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfter))) }),
    },
    body: problemText(problem, { id }),
    problem: () => problem,
  }
}

export function problemText(
  { code, status, title, detail, violations, retryAfter }: ServeProblem,
  { id }: { id?: string },
): string {
  const type = `urn:flambe:problem:${code}`
  return JSON.stringify({ type, title, status, detail, code, violations, retryAfter, requestId: id })
}

/** What is no `ServeFailure` is a fault of ours: its text is for the log alone. */
export function problemOf(error: unknown): ServeProblem {
  if (error instanceof ServeFailure) return error.problem
  return failure('internal', 'this is a fault of the server; its log tells more').problem
}
