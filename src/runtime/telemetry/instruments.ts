import type { Counter, Gauge, Registry } from 'prom-client'
import { version as ownVersion } from '../../version.ts'
import { type ByKind, byKind, type RequestKind } from './by-kind.ts'
import { createHistogram, type Histogram } from './histogram.ts'
import type { MetricsOptions } from './metrics.ts'

export type Instruments = {
  readonly requests: ByKind<{ count: number }>
  readonly problems: Counter<'reason'>
  readonly inFlight: { count: number }
  readonly duration: Histogram
  readonly queueTime: Histogram
  readonly computeTime: Histogram
  readonly batchSize: Histogram
  readonly workersLost: Counter<'reason'>
  readonly ready: Gauge
}

/** Seconds: from what a small model takes to what a large one may. */
const seconds = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const
const sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const

/** Names and units as https://prometheus.io/docs/practices/naming/ has them. `docs/08-serving.md` lists them for users. */
export async function createInstruments(
  registry: Registry,
  { name, version, queued }: MetricsOptions,
): Promise<Instruments> {
  const { Counter, Gauge } = await import('prom-client')
  const registers = [registry]
  const one = (metric: string, help: string) => ({ name: `flambe_${metric}`, help, registers })
  const time = (metric: string, help: string) => ({ name: `flambe_${metric}`, help, bounds: seconds })
  new Gauge({
    ...one('info', 'Name and version of the component, version of flambe; always 1.'),
    labelNames: ['component', 'version', 'flambe'],
  }).set({ component: name, version, flambe: ownVersion }, 1)
  if (queued) {
    new Gauge({
      ...one('queue_length', 'Requests that wait for a worker.'),
      collect() {
        this.set(queued())
      },
    })
  }
  // Counted here, and told when they are asked for: prom-client looks up a count by the text of its labels.
  const requests = byKind((kind) => ({ kind, count: 0 }))
  new Counter({
    ...one('http_requests_total', 'Requests that have ended, by method, route and status.'),
    labelNames: ['method', 'route', 'status'],
    collect() {
      this.reset()
      for (const { kind, count } of requests.values()) this.inc(labelsOf(kind), count)
    },
  })
  const inFlight = { count: 0 }
  new Gauge({
    ...one('http_requests_in_flight', 'Requests that were received and have not ended.'),
    collect() {
      this.set(inFlight.count)
    },
  })
  return {
    requests,
    problems: new Counter({
      ...one('rejections_total', 'Requests that got no answer of the component, by the type of the problem.'),
      labelNames: ['reason'],
    }),
    inFlight,
    duration: createHistogram({
      ...time('http_request_duration_seconds', 'From the head of a request to the last byte of its answer.'),
      byRoute: true,
    }),
    queueTime: createHistogram(
      time('predict_queue_seconds', 'Waiting for a worker, or for a batch to fill.'),
    ),
    computeTime: createHistogram(
      time('predict_compute_seconds', 'Checking the input, predict, writing the output.'),
    ),
    batchSize: createHistogram({
      name: 'flambe_predict_batch_size',
      help: 'Requests that one call of predictBatch answered.',
      bounds: sizes,
    }),
    workersLost: new Counter({
      ...one('worker_restarts_total', 'Workers that ended unasked and were replaced, by reason.'),
      labelNames: ['reason'],
    }),
    ready: new Gauge(one('ready', '1 while /readyz says 200.')),
  }
}

/** A method is the caller's text: only known ones become a label. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

function labelsOf({ method, route, status }: RequestKind) {
  return { method: methods.has(method) ? method : 'other', route, status }
}
