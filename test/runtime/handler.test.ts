import { describe, expect, test } from 'vitest'
import { ServeFailure } from '../../src/runtime/exchange.ts'
import { chooseType } from '../../src/runtime/http/accept.ts'
import type { Resource, ServeRequest } from '../../src/runtime/http/message.ts'
import { backendOf, echo, items } from '../helpers/backend.ts'
import { call, handlerOf } from '../helpers/serve.ts'

const json = { 'content-type': 'application/json' }

describe('routes', () => {
  const { handle } = handlerOf(backendOf(echo))
  test.each<[string, string, number, string | undefined]>([
    ['GET', '/livez', 200, undefined],
    ['HEAD', '/livez', 200, undefined],
    ['GET', '/readyz', 200, undefined],
    ['POST', '/predict', 200, undefined],
    ['OPTIONS', '/predict', 204, 'POST, OPTIONS'],
    ['OPTIONS', '/livez', 204, 'GET, HEAD, OPTIONS'],
    ['GET', '/predict', 405, 'POST, OPTIONS'],
    ['DELETE', '/livez', 405, 'GET, HEAD, OPTIONS'],
    ['GET', '/nothing', 404, undefined],
    ['GET', '/livez/', 404, undefined],
    ['GET', '/../livez', 404, undefined],
    ['GET', '/constructor', 404, undefined],
    ['GET', '/__proto__', 404, undefined],
    ['constructor', '/livez', 405, 'GET, HEAD, OPTIONS'],
  ])('%s %s is %i', async (method, path, status, allow) => {
    const answer = await call(handle, { method, path })
    expect([answer.status, answer.headers['allow']]).toEqual([status, allow])
  })

  test('a failure is problem details with the id of the request', async () => {
    const { headers, text } = await call(handle, { path: '/x', headers: { 'x-request-id': 'abc' } })
    expect([headers['content-type'], headers['x-request-id']]).toEqual(['application/problem+json', 'abc'])
    expect(JSON.parse(text)).toEqual({
      type: 'urn:flambe:problem:not-found',
      title: 'There is nothing at this path',
      status: 404,
      detail: 'nothing is at /x',
      code: 'not-found',
      requestId: 'abc',
    })
  })

  test('a fault of ours says nothing of itself to the caller, and all to the log', async () => {
    const broken: Resource = {
      route: '/metrics',
      methods: {
        GET: () => {
          throw new Error('password 123')
        },
      },
    }
    const { handle, events } = handlerOf(backendOf(echo), { resources: { '/metrics': broken } })
    const { status, text } = await call(handle, { method: 'GET', path: '/metrics' })
    expect([status, JSON.parse(text).code]).toEqual([500, 'internal'])
    expect(text).not.toContain('password')
    expect(JSON.stringify(events)).toContain('password 123')
  })
})

describe('the question', () => {
  test('it has the body, its type, an id and the trace of the caller', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const { handle } = handlerOf(
      backendOf((question) => ({
        kind: 'value',
        contentType: 'application/json',
        body: Buffer.from(JSON.stringify({ ...question, body: String(question.body) })),
      })),
    )
    const { text } = await call(handle, {
      headers: { ...json, 'x-request-id': 'id-1', traceparent },
      body: '{"a":1}',
    })
    expect(JSON.parse(text)).toEqual({
      id: 'id-1',
      contentType: 'application/json',
      body: '{"a":1}',
      stream: false,
      traceparent,
    })
  })

  test.each(['', 'a b', 'x'.repeat(129), 'a\u00e9', 'a"b'])('the id %j is replaced', async (id) => {
    const { handle } = handlerOf(backendOf(echo))
    const { headers } = await call(handle, { headers: { 'x-request-id': id } })
    expect(headers['x-request-id']).toMatch(/^[\w-]{12}\.1$/)
  })

  test.each<[string | undefined, number]>([
    [undefined, 5000],
    ['2s', 2000],
    ['1', 1000],
    ['1h', 5000],
  ])('with X-Request-Timeout %s it has at most %i ms', async (header, most) => {
    let given = 0
    const { handle } = handlerOf(
      backendOf((question, { deadline }) => {
        given = deadline - performance.now()
        return echo(question, { deadline, signal: AbortSignal.abort() })
      }),
      { spec: { timeout: '5s' } },
    )
    await call(handle, { headers: header === undefined ? {} : { 'x-request-timeout': header } })
    expect(given).toBeGreaterThan(most - 500)
    expect(given).toBeLessThanOrEqual(most)
  })

  test('an X-Request-Timeout that is no time is a 400', async () => {
    const { handle } = handlerOf(backendOf(echo))
    expect((await call(handle, { headers: { 'x-request-timeout': 'soon' } })).status).toBe(400)
  })
})

describe('the state', () => {
  test.each([
    ['loading', 503, 503, '1'],
    ['failed', 503, 503, undefined],
    ['draining', 503, 200, undefined],
    ['ready', 200, 200, undefined],
  ] as const)('%s: /readyz %i, /predict %i', async (state, ready, answered, retry) => {
    const { handle } = handlerOf(backendOf(echo, { state, reason: 'because' }))
    const probe = await call(handle, { method: 'GET', path: '/readyz' })
    const live = await call(handle, { method: 'GET', path: '/livez' })
    const answer = await call(handle, { body: '1' })
    expect([probe.status, live.status, answer.status]).toEqual([ready, 200, answered])
    expect(JSON.parse(probe.text)).toEqual({ state, reason: 'because', since: expect.any(String) })
    expect(answer.headers['retry-after']).toBe(retry)
  })

  test('an unready server does not take a body', async () => {
    const { handle } = handlerOf(backendOf(echo, { state: 'loading' }))
    const request: ServeRequest = {
      method: 'POST',
      path: '/predict',
      headers: {},
      received: performance.now(),
      signal: new AbortController().signal,
      body: () => expect.unreachable(),
    }
    expect((await handle(request)).status).toBe(503)
  })
})

describe('failures of the component', () => {
  test.each([
    [422, { violations: [{ pointer: '/a', message: 'must be number' }] }],
    [429, { retryAfter: 2 }],
    [503, { retryAfter: 0.2 }],
    [504, {}],
  ])('%i', async (status, more) => {
    const failure = new ServeFailure({ status, code: 'x', title: 'X', ...more })
    const { handle } = handlerOf(backendOf(() => Promise.reject(failure)))
    const answer = await call(handle)
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'x', title: 'X', ...more })
    const seconds = 'retryAfter' in more ? String(Math.ceil(more.retryAfter)) : undefined
    expect(answer.headers['retry-after']).toBe(seconds)
  })
})

describe('the token', () => {
  const { handle } = handlerOf(backendOf(echo), { token: 'secret-token' })
  test.each<[string | undefined, number]>([
    ['Bearer secret-token', 200],
    ['bearer secret-token', 200],
    [undefined, 401],
    ['', 401],
    ['Bearer', 401],
    ['Bearer secret-toke', 401],
    ['Bearer secret-token2', 401],
    ['Basic secret-token', 401],
  ])('%s is %i', async (authorization, status) => {
    const answer = await call(handle, { headers: authorization === undefined ? {} : { authorization } })
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([
      status,
      status === 401 ? 'Bearer' : undefined,
    ])
  })

  test('probes need none', async () => {
    for (const path of ['/livez', '/readyz'])
      expect((await call(handle, { method: 'GET', path })).status).toBe(200)
  })
})

describe('CORS', () => {
  const origin = 'https://app.example'
  const preflight = { origin, 'access-control-request-method': 'POST' }
  test.each<[string[], Record<string, string>, string | undefined]>([
    [[], { origin }, undefined],
    [[origin], { origin }, origin],
    [[origin], { origin: 'https://evil.example' }, undefined],
    [[origin], {}, undefined],
    [['*'], { origin }, '*'],
  ])('origins %j, headers %j: %s', async (corsOrigins, headers, allowed) => {
    const { handle } = handlerOf(backendOf(echo), { spec: { corsOrigins } })
    expect((await call(handle, { headers })).headers['access-control-allow-origin']).toBe(allowed)
  })

  test('a preflight passes without a token, and failures can be read', async () => {
    const { handle } = handlerOf(backendOf(echo), { spec: { corsOrigins: [origin] }, token: 'secret-token' })
    const { status, headers } = await call(handle, { method: 'OPTIONS', headers: preflight })
    expect([status, headers['access-control-allow-methods'], headers['access-control-allow-origin']]).toEqual(
      [204, 'POST, OPTIONS', origin],
    )
    const refused = await call(handle, { headers: { origin } })
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([401, origin])
  })
})

describe('the form of the answer', () => {
  const offers = ['application/json', 'text/event-stream', 'application/x-ndjson']
  test.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['text/event-stream', 'text/event-stream'],
    ['Text/Event-Stream; charset=utf-8', 'text/event-stream'],
    ['application/json;q=0.5, text/event-stream', 'text/event-stream'],
    ['application/json;q=0, */*', 'text/event-stream'],
    ['text/html, */*;q=0.1', 'application/json'],
    ['text/*;q=0.9, application/json;q=0.8', 'text/event-stream'],
    ['text/html', undefined],
    ['application/json;q=0', undefined],
    [',;/', undefined],
  ])('Accept: %s gives %s', (accept, type) => {
    expect(chooseType(accept, offers)).toBe(type)
  })

  test('none that is accepted is a 406 that lists them', async () => {
    const { handle } = handlerOf(backendOf(echo))
    const { status, text } = await call(handle, { headers: { accept: 'text/html' } })
    expect([status, JSON.parse(text).detail]).toEqual([
      406,
      'answers come as application/json, text/event-stream, application/x-ndjson, application/jsonl',
    ])
  })
})

describe('streams', () => {
  const ask = async (accept: string, source: () => AsyncIterable<string>, heartbeat?: number) => {
    const { handle } = handlerOf(
      backendOf(() => items(source())),
      heartbeat === undefined ? {} : { heartbeat },
    )
    return call(handle, { headers: { accept, 'x-request-id': 'id' } })
  }
  const failure = new ServeFailure({ status: 500, code: 'predict-failed', title: 'T' })
  const problem = {
    type: 'urn:flambe:problem:predict-failed',
    title: 'T',
    status: 500,
    code: 'predict-failed',
    requestId: 'id',
  }

  test('items come as events, then a last one', async () => {
    const { headers, text } = await ask('text/event-stream', async function* () {
      yield '{"a":1}'
      yield '2'
    })
    expect(headers['content-type']).toBe('text/event-stream')
    expect(text).toBe('event: output\ndata: {"a":1}\n\nevent: output\ndata: 2\n\nevent: done\ndata: {}\n\n')
  })

  test('items come as lines', async () => {
    const { headers, text } = await ask('application/x-ndjson', async function* () {
      yield '{"a":1}'
      yield '2'
    })
    expect([headers['content-type'], text]).toEqual(['application/x-ndjson', '{"a":1}\n2\n'])
  })

  test('a failure in the middle is the last event, and the last line', async () => {
    const source = async function* () {
      yield '1'
      throw failure
    }
    expect((await ask('text/event-stream', source)).text).toBe(
      `event: output\ndata: 1\n\nevent: error\ndata: ${JSON.stringify(problem)}\n\n`,
    )
    const [, last = ''] = (await ask('application/jsonl', source)).text.split('\n')
    expect(JSON.parse(last)).toEqual({ error: problem })
  })

  test('a failure before the first item is the status of the answer', async () => {
    const { status, headers } = await ask('text/event-stream', async function* () {
      if (failure) throw failure
      yield '1'
    })
    expect([status, headers['content-type']]).toEqual([500, 'application/problem+json'])
  })

  test('silence is filled with comments', async () => {
    const { text } = await ask(
      'text/event-stream',
      async function* () {
        await new Promise((resolve) => setTimeout(resolve, 60))
        yield '1'
      },
      20,
    )
    expect(text).toMatch(/^(: still working\n\n)+event: output\ndata: 1\n\nevent: done\ndata: {}\n\n$/)
  })

  test('an empty stream ends at once', async () => {
    const source = async function* () {}
    expect((await ask('text/event-stream', source)).text).toBe('event: done\ndata: {}\n\n')
    expect((await ask('application/jsonl', source)).text).toBe('')
  })

  test('an answer that is no stream is one item', async () => {
    const { handle } = handlerOf(backendOf(echo))
    const { text } = await call(handle, { headers: { accept: 'application/x-ndjson' }, body: '{"a":1}' })
    expect(text).toBe('{"a":1}\n')
  })
})
