import type { Question, ServeFailure } from '../exchange.ts'
import type { Observe, ServeEvent } from '../observe.ts'

/** What user code threw, as a line of the log. */
export function faultEvent(where: string, cause: unknown, question?: Partial<Question>): ServeEvent {
  const { message, stack } = cause instanceof Error ? cause : { message: String(cause), stack: undefined }
  const { id, traceparent } = question ?? {}
  return {
    type: 'log',
    level: 'error',
    message: `${where}: ${message}`,
    ...(stack !== undefined && { fields: { stack } }),
    ...(id !== undefined && { id }),
    ...(traceparent !== undefined && { traceparent }),
  }
}

/** What is told of a component that is given up. */
export function closeTooLong(milliseconds: number): ServeEvent {
  return {
    type: 'log',
    level: 'warn',
    message: `close() did not end within ${milliseconds} ms: it is given up`,
  }
}

/** What user code threw, where an error of ours is about it: its message and stack say what is wrong and where. */
export function originOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error
}

/** Tells the log what the caller is not told. */
export function tellFault({ problem, cause }: ServeFailure, question: Question, observe: Observe): void {
  if (cause !== undefined && problem.status >= 500) observe(faultEvent(problem.code, cause, question))
}
