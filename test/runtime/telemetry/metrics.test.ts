import { describe, expect, test } from 'vitest'
import { createMetrics } from '../../../src/runtime/telemetry/metrics.ts'
import { version } from '../../../src/version.ts'
import { answered, queueFull } from './events.ts'

const open = (queued?: () => number) =>
  createMetrics({ name: 'engine', version: '1.2.0', ...(queued && { queued }) })

describe('metrics', () => {
  test('say nothing false before the first request', async () => {
    const { expose } = await open()
    const { contentType, body } = await expose()
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(body).toContain(`flambe_info{component="engine",version="1.2.0",flambe="${version}"} 1\n`)
    expect(body).toContain('flambe_ready 0\n')
    expect(body).toContain('flambe_http_requests_in_flight 0\n')
    expect(body).toContain('process_resident_memory_bytes ')
  })

  test('tell the time of waiting and the time of computing apart, in seconds', async () => {
    const { observe, expose } = await open()
    observe({ type: 'received', route: '/predict' })
    observe(answered())
    const { body } = await expose()
    expect(body).toContain('flambe_http_requests_total{method="POST",route="/predict",status="200"} 1\n')
    expect(body).toContain('flambe_http_requests_in_flight 0\n')
    expect(body).toContain('flambe_predict_queue_seconds_sum 0.005\n')
    expect(body).toContain('flambe_predict_compute_seconds_sum 0.02\n')
    expect(body).toContain('flambe_http_request_duration_seconds_sum{route="/predict"} 0.03\n')
  })

  test('count a refused request by its reason, and no time for it', async () => {
    const { observe, expose } = await open()
    const { timings: _, ...refused } = answered({ status: 429, problem: queueFull })
    observe(refused)
    const { body } = await expose()
    expect(body).toContain('flambe_rejections_total{reason="queue-full"} 1\n')
    expect(body).toContain('flambe_predict_queue_seconds_count 0\n')
  })

  test.each([
    [{ type: 'batch', size: 7 }, 'flambe_predict_batch_size_sum 7\n'],
    [
      { type: 'worker-lost', reason: 'out-of-memory' },
      'flambe_worker_restarts_total{reason="out-of-memory"} 1\n',
    ],
    [{ type: 'state', state: { state: 'ready', since: '' } }, 'flambe_ready 1\n'],
    [
      answered({ method: 'BREW', route: 'other', status: 404 }),
      'flambe_http_requests_total{method="other",route="other",status="404"} 1\n',
    ],
  ] as const)('%j gives %s', async (event, line) => {
    const { observe, expose } = await open()
    observe(event)
    expect((await expose()).body).toContain(line)
  })

  test('read the length of the queue when they are asked', async () => {
    let length = 3
    const { expose } = await open(() => length)
    expect((await expose()).body).toContain('flambe_queue_length 3\n')
    length = 0
    expect((await expose()).body).toContain('flambe_queue_length 0\n')
  })

  test('of two servers in one process do not add up', async () => {
    const [one, other] = await Promise.all([open(), open()])
    one.observe(answered())
    expect((await other.expose()).body).not.toContain('flambe_http_requests_total{')
  })

  test('keep the rules of names: a unit or _total at the end, a help text each', async () => {
    const { body } = await (await open(() => 0)).expose()
    const counters = [...body.matchAll(/^# TYPE (flambe_\S+) counter$/gm)].map(([, name]) => name)
    expect(counters.every((name) => name?.endsWith('_total'))).toBe(true)
    const histograms = [...body.matchAll(/^# TYPE (flambe_\S+) histogram$/gm)].map(([, name]) => name)
    expect(histograms.every((name) => /_(seconds|size)$/.test(name ?? ''))).toBe(true)
    expect([...body.matchAll(/^# HELP \S+ \S/gm)].length).toBe([...body.matchAll(/^# TYPE /gm)].length)
  })
})
