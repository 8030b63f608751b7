import type { Observe } from '../observe.ts'
import { spanExporter } from './export-spans.ts'
import { spansOf } from './spans.ts'
import type { Sampler, TraceSettings } from './trace-settings.ts'
import { formatTraceparent, parseTraceparent, randomId } from './traceparent.ts'

export type Tracer = {
  /** The `traceparent` of the span that a request will be, below what its caller sent. */
  readonly begin: (parent?: string) => string
  readonly observe: Observe
  /** Sends what is left. */
  readonly close: () => Promise<void>
}

/** Makes spans of requests to `/predict` and exports them. Nothing of this is loaded unless traces are asked for. */
export function createTracer(
  settings: TraceSettings,
  { service, onDrop }: { service: { name: string; version: string }; onDrop: (reason: string) => void },
): Tracer {
  const exporter = spanExporter(settings, { service, onDrop })
  return {
    begin: (header) => {
      const parent = parseTraceparent(header)
      const traceId = parent?.traceId ?? randomId(16)
      const sampled =
        parent && settings.sampler.parentBased ? parent.sampled : isSampled(traceId, settings.sampler)
      return formatTraceparent({ traceId, spanId: randomId(8), sampled })
    },
    observe: (event) => {
      if (event.type === 'answered' && event.route === '/predict') exporter.add(spansOf(event))
    },
    close: exporter.close,
  }
}

/** By the trace's id, so that every service keeps the same traces: its last seven bytes are random. */
function isSampled(traceId: string, { ratio }: Sampler): boolean {
  return Number.parseInt(traceId.slice(-13), 16) < ratio * 2 ** 52
}
