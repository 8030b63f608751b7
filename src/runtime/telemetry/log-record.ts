import type { Answered, LogLine, ServeEvent } from '../observe.ts'

/** One line of the log, before it is JSON or text. */
export type LogRecord = {
  readonly level: LogLine['level']
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** What an event says in the log; most events say nothing there. */
export function logRecord(event: ServeEvent): LogRecord | undefined {
  switch (event.type) {
    case 'answered':
      return answered(event)
    case 'log':
      return {
        level: event.level,
        message: event.message,
        fields: {
          ...renamed(event.fields),
          ...(event.id && { id: event.id }),
          ...traceFields(event.traceparent),
        },
      }
    case 'printed':
      return { level: 'info', message: event.line, fields: { stream: event.stream } }
    case 'state': {
      const { state, reason } = event.state
      return {
        level: state === 'failed' ? 'error' : 'info',
        message: state,
        fields: reason ? { reason } : {},
      }
    }
    case 'worker-lost':
      return {
        level: 'error',
        message: 'a worker was lost and is replaced',
        fields: { reason: event.reason, ...(event.detail && { detail: event.detail }) },
      }
    default:
      return undefined
  }
}

function answered(event: Answered): LogRecord {
  const { id, method, route, status, milliseconds, timings, problem, traceparent } = event
  return {
    level: levelOf(event),
    message: `${method} ${route} ${status}`,
    fields: {
      id,
      method,
      route,
      status,
      ms: rounded(milliseconds),
      ...(timings && { queue_ms: rounded(timings.queued), compute_ms: rounded(timings.computed) }),
      ...(problem && { problem: problem.code, detail: problem.detail ?? problem.title }),
      ...traceFields(traceparent),
    },
  }
}

/** A line has these of its own: a field of user code must not stand beside them under the same name. */
const reserved = new Set(['level', 'time', 'message', 'id'])

function renamed(fields: LogLine['fields'] = {}): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [reserved.has(name) ? `${name}_` : name, value]),
  )
}

/** Probes and scrapes come every few seconds and say little, unless they fail with a fault of ours. */
export function levelOf({ route, status }: Answered): LogRecord['level'] {
  if (status === 500) return 'error'
  if (route !== '/predict') return 'debug'
  return status > 500 || status === 429 ? 'warn' : 'info'
}

/** The names under which log stores join lines to traces: https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/ */
export function traceFields(traceparent: string | undefined): Readonly<Record<string, string>> {
  if (traceparent === undefined) return {}
  const [, trace = '', span = '', flags = ''] = traceparent.split('-')
  return { trace_id: trace, span_id: span, trace_flags: flags }
}

export function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000
}
