import type { Answered } from '../observe.ts'
import { parseTraceparent, randomId } from './traceparent.ts'

/** One span in OTLP's JSON form: https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto */
export type Span = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** 1 internal, 2 server. */
  readonly kind: 1 | 2
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly status?: { readonly code: 2; readonly message?: string }
}

export type Attribute = {
  readonly key: string
  readonly value: { readonly stringValue: string } | { readonly intValue: string }
}

/**
 * The spans of a request: its own, and as its children the time that it waited and the time that the component took.
 * Those are told as durations, so the children end where the request does.
 */
export function spansOf(event: Answered): readonly Span[] {
  const own = parseTraceparent(event.traceparent)
  if (!own?.sampled) return []
  const { id, method, route, status, started, milliseconds, timings, problem } = event
  const parent = parseTraceparent(event.parent)
  const end = started + milliseconds
  const request: Span = {
    traceId: own.traceId,
    spanId: own.spanId,
    ...(parent?.traceId === own.traceId && { parentSpanId: parent.spanId }),
    name: `${method} ${route}`,
    kind: 2,
    ...period(started, end),
    attributes: attributes({
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'flambe.request.id': id,
      ...(problem && { 'error.type': problem.code }),
    }),
    ...(status >= 500 && {
      status: { code: 2, ...(problem && { message: problem.detail ?? problem.title }) },
    }),
  }
  if (!timings) return [request]
  const child = (name: string, from: number, to: number): Span => ({
    traceId: own.traceId,
    spanId: randomId(8),
    parentSpanId: own.spanId,
    name,
    kind: 1,
    ...period(Math.max(started, from), to),
    attributes: [],
  })
  const asked = end - timings.computed
  return [request, child('queue', asked - timings.queued, asked), child('compute', asked, end)]
}

export function attributes(values: Readonly<Record<string, string | number>>): readonly Attribute[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }))
}

/** Nanoseconds as decimal text: a JSON number would lose digits. */
function period(from: number, to: number): Pick<Span, 'startTimeUnixNano' | 'endTimeUnixNano'> {
  const nanoseconds = (milliseconds: number) => String(BigInt(Math.round(milliseconds * 1000)) * 1000n)
  return { startTimeUnixNano: nanoseconds(from), endTimeUnixNano: nanoseconds(Math.max(from, to)) }
}
