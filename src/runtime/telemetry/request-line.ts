import { decimal } from '../decimal.ts'
import type { Answered } from '../observe.ts'
import { byKind } from './by-kind.ts'
import { levelOf, traceFields } from './log-record.ts'

/** Writes the line of a request, ended at `time`: pino's text of a time. */
export type RequestLines = (event: Answered, time: string) => string

/**
 * Lines as pino writes records. There may be tens of thousands a second, and to go through a record field by field takes
 * longer. What two requests of a kind have in common is put together once, and by `join`: of a template V8 keeps the parts, each a thing on
 * the heap, and would gather them again in every line.
 */
export function createRequestLines(): RequestLines {
  const texts = byKind(({ method, route, status }) => ({
    // Method and route are texts of ours, or were looked at: nothing in them needs an escape.
    kind: ['","method":"', method, '","route":"', route, '","status":', status, ',"ms":'].join(''),
    end: [',"message":"', method, ' ', route, ' ', status, '"}\n'].join(''),
  }))
  return (event, time) => {
    const { id, milliseconds, timings, problem, traceparent } = event
    const { kind, end } = texts.of(event)
    let line = `{"level":"${levelOf(event)}"${time},"id":"${id}${kind}${decimal(milliseconds)}`
    if (timings) line += `,"queue_ms":${decimal(timings.queued)},"compute_ms":${decimal(timings.computed)}`
    if (problem)
      line += `,"problem":"${problem.code}","detail":${JSON.stringify(problem.detail ?? problem.title)}`
    if (traceparent !== undefined) line += traceText(traceparent)
    return line + end
  }
}

function traceText(traceparent: string): string {
  return Object.entries(traceFields(traceparent))
    .map(([name, value]) => `,"${name}":"${value}"`)
    .join('')
}
