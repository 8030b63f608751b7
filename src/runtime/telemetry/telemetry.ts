import { type Observe, observeAll } from '../observe.ts'
import type { LogLevel } from '../settings.ts'
import { within } from '../within.ts'
import { type Log, openJsonLog } from './json-log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { type Environment, traceSettings } from './trace-settings.ts'
import type { Tracer } from './tracer.ts'

/** Log, metrics and traces of one server. */
export type Telemetry = {
  readonly observe: Observe
  readonly metrics: Metrics
  /** Set where the environment asks for traces. */
  readonly tracer?: Tracer
  /** Writes and sends what is still held back, as far as these milliseconds allow. */
  readonly close: (milliseconds: number) => Promise<void>
}

export type TelemetryOptions = {
  readonly name: string
  readonly version: string
  readonly logLevel: LogLevel
  /** `OTEL_*` are read from it. */
  readonly environment: Environment
  /** Where the log goes; JSON lines to stdout by default. */
  readonly log?: Log
  /** Questions that wait right now. */
  readonly queued?: () => number
}

export async function openTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { name, version, logLevel, environment } = options
  const [log, metrics] = await Promise.all([
    options.log ?? openJsonLog({ level: logLevel }),
    createMetrics(options),
  ])
  const warn = (message: string) => log.observe({ type: 'log', level: 'warn', message })
  const wanted = traceSettings(environment)
  if (typeof wanted === 'string') warn(wanted)
  const tracer =
    typeof wanted === 'object'
      ? (await import('./tracer.ts')).createTracer(wanted, {
          service: { name, version },
          onDrop: (reason) => warn(`spans are dropped: ${reason}`),
        })
      : undefined
  return {
    observe: observeAll([log.observe, metrics.observe, ...(tracer ? [tracer.observe] : [])]),
    metrics,
    ...(tracer && { tracer }),
    close: async (milliseconds) => {
      const over = performance.now() + milliseconds
      // A collector that does not answer must not hold up the end of the process.
      if (tracer) await within(milliseconds, tracer.close())
      await within(Math.max(lastLines, over - performance.now()), log.close())
    },
  }
}

/** Milliseconds that the log's last lines get in any case. */
const lastLines = 500
