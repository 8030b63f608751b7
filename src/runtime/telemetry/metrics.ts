import type { Answered, Observe, ServeEvent } from '../observe.ts'
import { createInstruments, type Instruments } from './instruments.ts'

export type Metrics = {
  readonly observe: Observe
  /** The text of `GET /metrics`: https://prometheus.io/docs/instrumenting/exposition_formats/ */
  readonly expose: () => Promise<{ readonly contentType: string; readonly body: string }>
}

export type MetricsOptions = {
  readonly name: string
  readonly version: string
  /** Questions that wait right now. */
  readonly queued?: () => number
}

/** Counts events in a registry of its own, so that two servers in one process do not add up. */
export async function createMetrics(options: MetricsOptions): Promise<Metrics> {
  const { Registry, collectDefaultMetrics } = await import('prom-client')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const instruments = await createInstruments(registry, options)
  const { duration, queueTime, computeTime, batchSize } = instruments
  const histograms = [duration, queueTime, computeTime, batchSize]
  return {
    observe: (event) => count(event, instruments),
    expose: async () => {
      const texts = [await registry.metrics(), ...histograms.map(({ expose }) => expose())]
      return { contentType: registry.contentType, body: texts.join('\n') }
    },
  }
}

function count(event: ServeEvent, instruments: Instruments): void {
  if (event.type === 'answered') countAnswer(event, instruments)
  else if (event.type === 'received') instruments.inFlight.count++
  else if (event.type === 'batch') instruments.batchSize.observe(event.size)
  else if (event.type === 'worker-lost') instruments.workersLost.inc({ reason: event.reason })
  else if (event.type === 'state') instruments.ready.set(event.state.state === 'ready' ? 1 : 0)
}

function countAnswer(event: Answered, instruments: Instruments): void {
  const { route, milliseconds, timings, problem } = event
  instruments.inFlight.count--
  instruments.requests.of(event).count++
  instruments.duration.observe(milliseconds / 1000, route)
  if (problem) instruments.problems.inc({ reason: problem.code })
  if (!timings) return
  instruments.queueTime.observe(timings.queued / 1000)
  instruments.computeTime.observe(timings.computed / 1000)
}
