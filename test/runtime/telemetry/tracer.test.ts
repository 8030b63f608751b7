import { describe, expect, test } from 'vitest'
import { type Environment, traceSettings } from '../../../src/runtime/telemetry/trace-settings.ts'
import { parseTraceparent } from '../../../src/runtime/telemetry/traceparent.ts'
import { createTracer } from '../../../src/runtime/telemetry/tracer.ts'
import { attributesOf, collector } from '../../helpers/collector.ts'
import { answered, queueFull } from './events.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parent = `00-${traceId}-b7ad6b7169203331-01`

function tracer(environment: Environment) {
  const settings = traceSettings(environment)
  if (typeof settings !== 'object') throw new Error(`no traces: ${settings}`)
  const dropped: string[] = []
  const service = { name: 'engine', version: '1.2.0' }
  return { ...createTracer(settings, { service, onDrop: (reason) => dropped.push(reason) }), dropped }
}

describe('a trace', () => {
  test('has the span of a request below its caller’s, with waiting and computing below that', async () => {
    const { url, received } = await collector()
    const { begin, observe, close } = tracer({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
    const traceparent = begin(parent)
    observe(answered({ traceparent, parent }))
    await close()
    const [export1] = received
    const [request, queue, compute] = export1?.spans ?? []
    expect(export1?.path).toBe('/v1/traces')
    expect(export1?.resource).toMatchObject({ 'service.name': 'engine', 'service.version': '1.2.0' })
    expect(request).toMatchObject({
      traceId,
      parentSpanId: 'b7ad6b7169203331',
      name: 'POST /predict',
      kind: 2,
    })
    expect(request?.spanId).toBe(parseTraceparent(traceparent)?.spanId)
    expect(request?.startTimeUnixNano).toBe('1700000000000000000')
    expect(request?.endTimeUnixNano).toBe('1700000000030000000')
    expect(queue).toMatchObject({ traceId, parentSpanId: request?.spanId, name: 'queue' })
    expect(queue?.startTimeUnixNano).toBe('1700000000005000000')
    expect(compute).toMatchObject({ traceId, parentSpanId: request?.spanId, name: 'compute' })
    expect(compute?.startTimeUnixNano).toBe(queue?.endTimeUnixNano)
    expect(attributesOf(request ?? { attributes: [] })).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/predict',
      'http.response.status_code': '200',
      'flambe.request.id': 'r-1',
    })
  })

  test('begins with a request that brings none', async () => {
    const { url, spans } = await collector()
    const { begin, observe, close } = tracer({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
    const traceparent = begin()
    observe(answered({ traceparent }))
    await close()
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(spans()[0]).not.toHaveProperty('parentSpanId')
  })

  test('says what a failure was', async () => {
    const { url, spans } = await collector()
    const { begin, observe, close } = tracer({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
    const problem = { ...queueFull, status: 503, code: 'worker-lost', detail: 'the worker ended' }
    observe(answered({ traceparent: begin(), status: 503, problem }))
    await close()
    expect(spans()[0]?.status).toEqual({ code: 2, message: 'the worker ended' })
    expect(attributesOf(spans()[0] ?? { attributes: [] })).toMatchObject({ 'error.type': 'worker-lost' })
  })

  test('leaves out probes', async () => {
    const { url, received } = await collector()
    const { begin, observe, close } = tracer({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
    observe(answered({ route: '/livez', traceparent: begin() }))
    await close()
    expect(received).toEqual([])
  })

  test.each([
    ['the caller keeps it', {}, parent, true],
    ['the caller drops it', {}, parent.replace(/01$/, '00'), false],
    ['always_on', { OTEL_TRACES_SAMPLER: 'always_on' }, parent.replace(/01$/, '00'), true],
    ['always_off', { OTEL_TRACES_SAMPLER: 'always_off' }, parent, false],
    ['a ratio of 0', { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, parent, false],
    ['a ratio of 1', { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '1' }, undefined, true],
  ])('is sampled as asked: %s', (_, environment, header, expected) => {
    const { begin } = tracer({ OTEL_TRACES_EXPORTER: 'otlp', ...environment })
    expect(parseTraceparent(begin(header))?.sampled).toBe(expected)
  })

  test('is sampled at about its ratio', () => {
    const { begin } = tracer({
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    })
    const kept = Array.from({ length: 4000 }, () => begin()).filter((one) => one.endsWith('-01')).length
    expect(kept / 4000).toBeGreaterThan(0.2)
    expect(kept / 4000).toBeLessThan(0.3)
  })

  test('goes with the headers and the compression that are asked for', async () => {
    const { url, received } = await collector()
    const { begin, observe, close } = tracer({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/otlp`,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b,x-other=1',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_SERVICE_NAME: 'risk',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=other',
    })
    observe(answered({ traceparent: begin() }))
    await close()
    expect(received[0]).toMatchObject({
      path: '/otlp',
      headers: { 'x-key': 'a b', 'x-other': '1', 'content-encoding': 'gzip' },
      resource: { 'service.name': 'risk', 'deployment.environment.name': 'test' },
    })
  })

  test('is sent again after a 503, and not after a 400', async () => {
    const busy = await collector({ answers: [503] })
    const environment = { OTEL_BSP_SCHEDULE_DELAY: '5', OTEL_EXPORTER_OTLP_ENDPOINT: busy.url }
    const patient = tracer(environment)
    patient.observe(answered({ traceparent: patient.begin() }))
    await expect.poll(() => busy.spans().length).toBe(3)
    const strict = await collector({ answers: [400] })
    const refused = tracer({ ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: strict.url })
    refused.observe(answered({ traceparent: refused.begin() }))
    await expect.poll(() => refused.dropped).toEqual([`${strict.url}/v1/traces answered 400`])
    expect(strict.received).toEqual([])
  })

  test('never holds more than its queue while nobody listens, and says so once', async () => {
    const lost = tracer({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_BSP_MAX_QUEUE_SIZE: '6',
    })
    for (let index = 0; index < 10; index++) lost.observe(answered({ traceparent: lost.begin() }))
    expect(lost.dropped).toEqual(['more spans than can be sent'])
    await lost.close()
  })
})

describe('the settings of tracing', () => {
  test.each([
    [{}, undefined],
    [{ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a' }, undefined],
    [{ OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a' }, undefined],
    [{ OTEL_TRACES_EXPORTER: 'zipkin' }, expect.stringContaining('zipkin')],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      expect.stringContaining('grpc'),
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere' }, expect.stringContaining('no URL')],
    [
      { OTEL_TRACES_EXPORTER: 'otlp' },
      expect.objectContaining({ url: 'http://localhost:4318/v1/traces', delay: 5000 }),
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:4318/base/' },
      expect.objectContaining({ url: 'http://a:4318/base/v1/traces' }),
    ],
  ])('of %j', (environment, expected) => {
    expect(traceSettings(environment)).toEqual(expected)
  })
})

describe('a traceparent', () => {
  test.each([
    ['', 'empty'],
    [`00-${traceId}-b7ad6b7169203331`, 'cut short'],
    [`ff-${traceId}-b7ad6b7169203331-01`, 'of the forbidden version'],
    [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, 'with no trace'],
    [`00-${traceId}-${'0'.repeat(16)}-01`, 'with no span'],
    [`00-${traceId.toUpperCase()}-b7ad6b7169203331-01`, 'in capitals'],
    [`00-${traceId}-b7ad6b7169203331-01-more`, 'too long for its version'],
  ])('%s counts as none: %s', (header) => {
    expect(parseTraceparent(header)).toBeUndefined()
  })

  test('of a later version is read as far as it is known', () => {
    expect(parseTraceparent(`01-${traceId}-b7ad6b7169203331-03-more`)).toEqual({
      traceId,
      spanId: 'b7ad6b7169203331',
      sampled: true,
    })
  })
})
