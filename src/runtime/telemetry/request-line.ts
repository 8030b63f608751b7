import type { Answered } from '../observe.ts'
import { levelOf, rounded, traceFields } from './log-record.ts'

/**
 * The line of a request, as pino writes its record. There may be tens of thousands a second, and to go through a record field
 * by field takes longer.
 */
export function requestLine(event: Answered, time: string): string {
  const { id, method, route, status, milliseconds, timings, problem, traceparent } = event
  // Id, method and route are texts of ours, or were looked at: nothing in them needs an escape.
  let line = `{"level":"${levelOf(event)}"${time},"id":"${id}","method":"${method}","route":"${route}","status":${status},"ms":${rounded(milliseconds)}`
  if (timings) line += `,"queue_ms":${rounded(timings.queued)},"compute_ms":${rounded(timings.computed)}`
  if (problem)
    line += `,"problem":"${problem.code}","detail":${JSON.stringify(problem.detail ?? problem.title)}`
  for (const [name, value] of Object.entries(traceFields(traceparent))) line += `,"${name}":"${value}"`
  return `${line},"message":"${method} ${route} ${status}"}\n`
}
