import { gzipSync } from 'node:zlib'
import { version } from '../../version.ts'
import { attributes, type Span } from './spans.ts'
import type { TraceSettings } from './trace-settings.ts'

export type SpanExporter = {
  readonly add: (spans: readonly Span[]) => void
  /** Sends what is left, once; for the end of the process. */
  readonly close: () => Promise<void>
}

/** Failures worth another try: https://opentelemetry.io/docs/specs/otlp/#failures-1 */
const retryable = new Set([429, 502, 503, 504])

/**
 * Sends spans in batches by OTLP/HTTP with JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp). Our own, since our
 * spans are made from what a request's end tells and need no tracer: OpenTelemetry's SDK and exporter would add 210 kB
 * minified and 70 ms of import, of which this is what we would use. What cannot be sent in time is dropped, told once.
 */
export function spanExporter(
  settings: TraceSettings,
  { service, onDrop }: { service: { name: string; version: string }; onDrop: (reason: string) => void },
): SpanExporter {
  let waiting: Span[] = []
  let timer: NodeJS.Timeout | undefined
  let delay = settings.delay
  let told = false
  const resource = {
    'service.name': service.name,
    'service.version': service.version,
    'telemetry.sdk.name': 'flambe',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': version,
    ...settings.resource,
  }
  const drop = (reason: string) => {
    if (!told) onDrop(reason)
    told = true
  }
  const flush = async () => {
    const batch = waiting.splice(0, settings.maxBatch)
    if (batch.length === 0) return
    const { failure, again } = await send(batch, { settings, resource })
    delay = again ? Math.min(delay * 2, 60_000) : settings.delay
    if (failure === undefined) told = false
    else if (again && waiting.length + batch.length <= settings.maxQueue) waiting = [...batch, ...waiting]
    else drop(failure)
  }
  const schedule = () => {
    timer ??= setTimeout(async () => {
      await flush()
      timer = undefined
      if (waiting.length > 0) schedule()
    }, delay).unref()
  }
  return {
    add: (spans) => {
      if (waiting.length + spans.length > settings.maxQueue) return drop('more spans than can be sent')
      waiting.push(...spans)
      schedule()
    },
    close: async () => {
      clearTimeout(timer)
      for (let left = waiting.length; left > 0; left -= settings.maxBatch) await flush()
    },
  }
}

type Sent = { readonly failure?: string; readonly again?: boolean }

async function send(
  spans: readonly Span[],
  { settings, resource }: { settings: TraceSettings; resource: Readonly<Record<string, string>> },
): Promise<Sent> {
  const { url, gzip, headers, timeout } = settings
  const scope = { name: 'flambe', version }
  const text = JSON.stringify({
    resourceSpans: [{ resource: { attributes: attributes(resource) }, scopeSpans: [{ scope, spans }] }],
  })
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        ...(gzip && { 'content-encoding': 'gzip' }),
      },
      body: gzip ? gzipSync(text) : text,
      signal: AbortSignal.timeout(timeout),
    })
    await response.arrayBuffer()
    if (response.ok) return {}
    return { failure: `${url} answered ${response.status}`, again: retryable.has(response.status) }
  } catch (error) {
    return { failure: `${url}: ${error instanceof Error ? error.message : String(error)}`, again: true }
  }
}
