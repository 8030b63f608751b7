import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { failure } from '../../src/runtime/problems.ts'
import { backendOf, echo, items } from '../helpers/backend.ts'
import { head, openRaw } from '../helpers/raw-http.ts'
import { serveBackend } from '../helpers/serve.ts'

const post = (url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(`${url}/predict`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })

const codeOf = async (answer: Response) => ((await answer.json()) as { readonly code: string }).code

describe('a good request', () => {
  test('is answered on a connection that stays, with id and times', async () => {
    const { url, events } = await serveBackend(backendOf(echo))
    const answer = await post(url, '{"a":1}', { 'x-request-id': 'one' })
    expect([answer.status, await answer.text()]).toEqual([200, '{"a":1}'])
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/json',
      'content-length': '7',
      'x-request-id': 'one',
      'server-timing': 'queue;dur=0.500, compute;dur=1.250',
      connection: 'keep-alive',
    })
    await sleep(10)
    expect(events).toEqual([
      { type: 'received', route: '/predict' },
      {
        type: 'answered',
        id: 'one',
        route: '/predict',
        method: 'POST',
        status: 200,
        started: expect.any(Number),
        milliseconds: expect.any(Number),
        timings: { queued: 0.5, computed: 1.25 },
      },
    ])
  })

  test.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['identity', (text: string) => Buffer.from(text)],
  ])('may be compressed with %s', async (encoding, compress) => {
    const { url } = await serveBackend(backendOf(echo))
    const answer = await post(url, new Uint8Array(compress('{"a":1}')), { 'content-encoding': encoding })
    expect([answer.status, await answer.text()]).toEqual([200, '{"a":1}'])
  })

  test('may come in pieces, chunked, and with a query', async () => {
    const { port } = await serveBackend(backendOf(echo))
    const raw = await openRaw(
      port,
      head({ 'transfer-encoding': 'chunked', connection: 'close' }).slice(0, 20),
    )
    raw.socket.write(head({ 'transfer-encoding': 'chunked', connection: 'close' }).slice(20))
    for (const part of ['3\r\n{"a', '\r\n4\r\n":1}\r\n', '0\r\n\r\n']) {
      await sleep(5)
      raw.socket.write(part)
    }
    expect(await raw.closed()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\{"a":1\}$/)
  })

  test('a flood of them behind a slow one costs the connection', async () => {
    const { port, server } = await serveBackend(backendOf(() => new Promise(() => {})))
    let taken = 0
    server.on('request', () => taken++)
    const raw = await openRaw(port, `${head({ 'content-length': 1 })}1`)
    raw.socket.write('GET /livez HTTP/1.1\r\nhost: test\r\n\r\n'.repeat(100_000))
    expect(await raw.closed()).toBe('')
    expect(taken).toBeLessThan(10_000)
  })

  test('may name the server in its target, as proxies are told to', async () => {
    const { port } = await serveBackend(backendOf(echo))
    for (const [target, status] of [
      ['http://host/livez', 200],
      ['HTTP://host:80/livez?x=http://y', 200],
      ['http://host', 404],
      ['http://host?x', 404],
      ['ftp://host/livez', 404],
      ['*', 404],
    ]) {
      const raw = await openRaw(port, `GET ${target} HTTP/1.1\r\nhost: host\r\nconnection: close\r\n\r\n`)
      expect([target, await raw.closed()]).toEqual([target, expect.stringMatching(`^HTTP/1.1 ${status} `)])
    }
  })

  test('HEAD has the headers of GET alone', async () => {
    const { port } = await serveBackend(backendOf(echo))
    const raw = await openRaw(port, 'HEAD /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    expect(await raw.closed()).toMatch(/content-length: 16\r\n[\s\S]*\r\n\r\n$/)
  })

  test('may be 1 of many on a connection, sent without waiting: answers keep the order', async () => {
    const order: string[] = []
    const { port } = await serveBackend(
      backendOf(async (question) => {
        order.push(`begin ${question.body}`)
        await sleep(question.body.length === 1 ? 30 : 1)
        order.push(`end ${question.body}`)
        return echo(question, { signal: AbortSignal.abort(), deadline: performance.now() + 1 })
      }),
    )
    const one = (body: string) => head({ 'content-length': body.length }) + body
    const raw = await openRaw(port, one('1') + one('22') + one('333'))
    const text = await raw.until(/333$/)
    expect(text.match(/\r\n\r\n\d+/g)?.map((body) => body.trim())).toEqual(['1', '22', '333'])
    expect(order).toEqual(['begin 1', 'end 1', 'begin 22', 'end 22', 'begin 333', 'end 333'])
    raw.socket.destroy()
  })
})

describe('a body', () => {
  const spec = { bodyLimit: 1000, bodyTimeout: '100ms' }

  test.each<[string, number, string, Record<string, string>, string | Uint8Array<ArrayBuffer>]>([
    ['over the limit', 413, 'body-too-large', {}, 'x'.repeat(1001)],
    ['that expands over the limit', 413, 'body-too-large', { 'content-encoding': 'gzip' }, bomb(gzipSync)],
    [
      'of another kind that does',
      413,
      'body-too-large',
      { 'content-encoding': 'br' },
      bomb(brotliCompressSync),
    ],
    ['that is not gzip', 400, 'body-invalid', { 'content-encoding': 'gzip' }, '{"a":1}'],
    ['that is gzip cut off', 400, 'body-invalid', { 'content-encoding': 'gzip' }, cutOff()],
    ['in an unknown encoding', 415, 'content-encoding-unsupported', { 'content-encoding': 'lzma' }, '1'],
    ['compressed twice', 415, 'content-encoding-unsupported', { 'content-encoding': 'gzip, gzip' }, '1'],
    [
      'in an encoding of odd name',
      415,
      'content-encoding-unsupported',
      { 'content-encoding': 'constructor' },
      '1',
    ],
  ])('%s is a %i', async (_, status, code, headers, body) => {
    const { url } = await serveBackend(backendOf(echo), { spec })
    const answer = await post(url, body, headers)
    expect([answer.status, await codeOf(answer)]).toEqual([status, code])
  })

  test('that says it is too large is refused unread, and the answer arrives', async () => {
    const { port } = await serveBackend(backendOf(echo), { spec })
    const raw = await openRaw(port, head({ 'content-length': 50_000_000 }))
    const text = await raw.until(/\}$/)
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(text).toMatch(/connection: close/i)
    // The caller who sends on for a while still reads the answer.
    raw.socket.write('x'.repeat(1_000_000))
    expect(await raw.closed()).toBe(text)
  })

  test('that is large is not taken where the queue is full, and a small one keeps its connection', async () => {
    const refusal = failure('queue-full', '1 requests wait already', { retryAfter: 3 })
    const full = backendOf(() => Promise.reject(refusal), { refusal })
    const { port } = await serveBackend(full)
    const large = await openRaw(port, head({ 'content-length': 1_000_000 }))
    expect(await large.until(/\}$/)).toMatch(
      /^HTTP\/1\.1 429 [\s\S]*retry-after: 3\r\n[\s\S]*Connection: close/,
    )
    const chunked = await openRaw(port, head({ 'transfer-encoding': 'chunked' }))
    expect(await chunked.until(/\}$/)).toMatch(/^HTTP\/1\.1 429 /)
    const small = await openRaw(port, head({ 'content-length': 1 }), '1')
    expect(await small.until(/\}$/)).toMatch(/^HTTP\/1\.1 429 [\s\S]*Connection: keep-alive/)
    for (const { socket } of [large, chunked, small]) socket.destroy()
  })

  test('in chunks without end is refused at the limit', async () => {
    const { port } = await serveBackend(backendOf(echo), { spec })
    const chunk = `3e8\r\n${'x'.repeat(1000)}\r\n`
    const raw = await openRaw(port, head({ 'transfer-encoding': 'chunked' }), chunk, chunk)
    expect(await raw.until(/\}$/)).toMatch(/^HTTP\/1\.1 413 /)
    raw.socket.destroy()
  })

  test('with Expect: 100-continue is asked for only where it is wanted', async () => {
    const { port } = await serveBackend(backendOf(echo), { spec })
    const wanted = await openRaw(
      port,
      head({ 'content-length': 1, expect: '100-continue', connection: 'close' }),
    )
    await wanted.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    wanted.socket.write('1')
    expect(await wanted.closed()).toMatch(/\r\nHTTP\/1\.1 200 OK[\s\S]*\r\n1$/)
    const unwanted = await openRaw(port, head({ 'content-length': 9999, expect: '100-continue' }))
    expect(await unwanted.closed()).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('that stops is a 408', async () => {
    const { port } = await serveBackend(backendOf(echo), { spec })
    const raw = await openRaw(port, head({ 'content-length': 10 }), '12345')
    expect(await raw.until(/\}$/)).toMatch(/^HTTP\/1\.1 408 [\s\S]*request-too-slow/)
  })

  test.each([
    ['of a told length', head({ 'content-length': 5 }), ['1', '2', '3', '4', '5']],
    [
      'in chunks',
      head({ 'transfer-encoding': 'chunked' }),
      ['1\r\n1\r\n', '2\r\n23\r\n', '2\r\n45\r\n', '0\r\n\r\n'],
    ],
  ])('%s is taken as long as it comes on, however long that takes', async (_, first, parts) => {
    const { port } = await serveBackend(backendOf(echo), { spec: { bodyTimeout: '200ms' } })
    const raw = await openRaw(port, first)
    for (const part of parts) {
      await sleep(80)
      raw.socket.write(part)
    }
    expect(await raw.until(/12345$/)).toMatch(/^HTTP\/1\.1 200 /)
    raw.socket.destroy()
  })

  test('shorter than its Content-Length is a 400 where the caller closes, and nothing is computed', async () => {
    const { port, events } = await serveBackend(backendOf(() => expect.unreachable()))
    const raw = await openRaw(port, head({ 'content-length': 10 }), '12345')
    await sleep(20)
    raw.socket.end()
    expect(await raw.closed()).toMatch(/^HTTP\/1\.1 400 /)
    await sleep(10)
    expect(events.at(-1)).toMatchObject({ type: 'answered', status: 499 })
  })

  test('longer than its Content-Length is a 400', async () => {
    const { port } = await serveBackend(backendOf(echo))
    const raw = await openRaw(port, `${head({ 'content-length': 2 })}12345\r\n\r\n`)
    expect(await raw.closed()).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('with two lengths, or a length and chunks, is a 400', async () => {
    const { port } = await serveBackend(backendOf(() => expect.unreachable()))
    const twice = 'content-length: 1\r\ncontent-length: 2\r\n\r\n1'
    const both = 'content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1'
    for (const rest of [twice, both]) {
      const raw = await openRaw(port, head().slice(0, -2) + rest)
      expect(await raw.closed()).toMatch(/^HTTP\/1\.1 400 /)
    }
  })
})

describe('a caller who', () => {
  test.each([
    ['sends no HTTP', 'hello\r\n\r\n', 400],
    ['speaks TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['sends no Host', 'GET /livez HTTP/1.1\r\n\r\n', 400],
    ['sends large headers', `GET /livez HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['expects what there is not', head({ 'content-length': 0, expect: 'miracles' }), 417],
  ])('%s is told so', async (_, text, status) => {
    const { port } = await serveBackend(backendOf(echo))
    const raw = await openRaw(port, text)
    expect(await raw.until(/\r\n\r\n/)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    raw.socket.destroy()
  })

  test('sends headers slowly is cut off, while others are answered', async () => {
    const { port, url } = await serveBackend(backendOf(echo), { spec: { headersTimeout: '100ms' } })
    const slow = await Promise.all(
      Array.from({ length: 50 }, () => openRaw(port, 'POST /predict HTTP/1.1\r\n')),
    )
    const drips = setInterval(() => {
      for (const { socket } of slow) socket.write('a: b\r\n')
    }, 20)
    expect((await post(url, '1')).status).toBe(200)
    const texts = await Promise.all(slow.map(({ closed }) => closed()))
    clearInterval(drips)
    expect(new Set(texts.map((text) => text.slice(0, 12)))).toEqual(new Set(['HTTP/1.1 408']))
  })

  test('lets a body trickle is cut off by the time of a request', async () => {
    const spec = { headersTimeout: '100ms', timeout: '200ms', bodyTimeout: '10s' }
    const { port } = await serveBackend(backendOf(echo), { spec })
    const raw = await openRaw(port, head({ 'content-length': 1000 }))
    const drips = setInterval(() => raw.socket.write('1'), 20)
    expect(await raw.closed()).toMatch(/^HTTP\/1\.1 408 /)
    clearInterval(drips)
  })

  test('leaves aborts the question', async () => {
    const aborted = Promise.withResolvers<void>()
    const { port, events } = await serveBackend(
      backendOf((_, { signal }) => {
        signal.addEventListener('abort', () => aborted.resolve())
        return new Promise(() => {})
      }),
    )
    const raw = await openRaw(port, `${head({ 'content-length': 1 })}1`)
    await sleep(20)
    raw.socket.destroy()
    await aborted.promise
    expect(events).toHaveLength(1)
  })

  test('leaves with more than one request sent is asked about the first alone', async () => {
    const { port, events } = await serveBackend(
      backendOf((_, { signal }) => {
        const { promise, reject } = Promise.withResolvers<never>()
        signal.addEventListener('abort', () => reject(failure('cancelled', 'gone')))
        return promise
      }),
    )
    const raw = await openRaw(port, `${head({ 'content-length': 1 })}1`.repeat(3))
    await expect.poll(() => events.length).toBe(1)
    await sleep(20)
    raw.socket.destroy()
    await expect.poll(() => events.at(-1)).toMatchObject({ type: 'answered', status: 499 })
    await sleep(20)
    expect(events.map(({ type }) => type)).toEqual(['received', 'answered'])
  })

  test('opens more connections than there may be is turned away, and those that are there are served', async () => {
    const { port } = await serveBackend(backendOf(echo), { spec: { maxConnections: 2 } })
    const first = await openRaw(port)
    const second = await openRaw(port)
    const third = await openRaw(port)
    expect(await third.closed()).toBe('')
    for (const { socket, until } of [first, second]) {
      socket.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n')
      await until(/200 OK/)
      socket.destroy()
    }
  })
})

describe('a stream', () => {
  test('arrives item by item', async () => {
    const gate = Promise.withResolvers<void>()
    const { port } = await serveBackend(
      backendOf(() =>
        items(
          (async function* () {
            yield '1'
            await gate.promise
            yield '2'
          })(),
        ),
      ),
    )
    const raw = await openRaw(port, `${head({ accept: 'text/event-stream', 'content-length': 1 })}1`)
    expect(await raw.until(/data: 1\n\n/)).not.toContain('data: 2')
    gate.resolve()
    expect(await raw.until(/0\r\n\r\n$/)).toMatch(/data: 2\n\n[\s\S]*event: done/)
    raw.socket.destroy()
  })

  /** A source without end, and what became of it. */
  function endless(size: number) {
    const seen = { items: 0, ended: false }
    const source = async function* () {
      try {
        for (;;) {
          seen.items++
          yield JSON.stringify('x'.repeat(size))
          await sleep(0)
        }
      } finally {
        seen.ended = true
      }
    }
    return { seen, source }
  }

  test('waits for a slow reader, who is cut off in the end', async () => {
    const { seen, source } = endless(100_000)
    const { port } = await serveBackend(
      backendOf(() => items(source())),
      { spec: { bodyTimeout: '300ms' } },
    )
    const raw = await openRaw(port)
    raw.socket.pause()
    raw.socket.write(`${head({ accept: 'application/x-ndjson', 'content-length': 1 })}1`)
    while (!seen.ended) await sleep(10)
    // The kernel's buffers took some of it; without back-pressure it would be a thousand items.
    expect(seen.items).toBeLessThan(100)
    raw.socket.destroy()
  })

  test('ends with its reader', async () => {
    const { seen, source } = endless(10)
    const { port, events } = await serveBackend(backendOf(() => items(source())))
    const raw = await openRaw(port, `${head({ accept: 'text/event-stream', 'content-length': 1 })}1`)
    await raw.until(/event: output/)
    raw.socket.destroy()
    while (!seen.ended) await sleep(5)
    await sleep(10)
    expect(events.at(-1)).toMatchObject({ type: 'answered', status: 499 })
  })
})

test('an answer that nobody reads is not kept for ever', async () => {
  const { port, server } = await serveBackend(
    backendOf(() => ({ kind: 'value', contentType: 'application/json', body: Buffer.alloc(50_000_000) })),
    { spec: { bodyTimeout: '100ms' } },
  )
  const raw = await openRaw(port)
  raw.socket.pause()
  raw.socket.write(`${head({ 'content-length': 1 })}1`)
  const connections = () =>
    new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))
  await sleep(30)
  expect(await connections()).toBe(1)
  while ((await connections()) > 0) await sleep(10)
  raw.socket.destroy()
})

test('a connection that takes many large answers gathers no listeners', async () => {
  const { port, server } = await serveBackend(
    backendOf(() => ({
      kind: 'value',
      contentType: 'application/json',
      body: Buffer.alloc(10_000_000, '1'),
    })),
  )
  const sockets: Socket[] = []
  server.on('connection', (socket) => sockets.push(socket))
  const raw = await openRaw(port)
  for (let count = 1; count <= 3; count++) {
    raw.socket.write(`${head({ 'content-length': 1 })}1`)
    while (raw.received().length < count * 10_000_000) await sleep(5)
  }
  expect(sockets.map((socket) => socket.listenerCount('timeout'))).toEqual([1])
  raw.socket.destroy()
})

test('a connection that cannot be taken is told to the log, and the server goes on', async () => {
  const { url, server, events } = await serveBackend(backendOf(echo))
  server.emit('error', new Error('accept EMFILE'))
  expect(events).toMatchObject([{ type: 'log', level: 'error' }])
  expect((await fetch(`${url}/livez`)).status).toBe(200)
})

test('10,000 idle connections leave the server as it was', { timeout: 60_000 }, async () => {
  const { port, url } = await serveBackend(backendOf(echo), { spec: { maxConnections: 20_000 } })
  // In a process of its own: one alone may not have so many files open.
  const script = `const { connect } = require('node:net'); let open = 0
    for (let i = 0; i < 10_000; i++) connect(${port}, '127.0.0.1', () => ++open === 10_000 && console.log('open'))`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  expect((await post(url, '{"a":1}')).status).toBe(200)
  expect((await fetch(`${url}/livez`)).status).toBe(200)
  expect(child.exitCode).toBeNull()
})

test('a connection is used again after each kind of failure that reads the body', async () => {
  const { url } = await serveBackend(backendOf(echo))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (headers: Record<string, string>) =>
    new Promise<[number | undefined, boolean]>((resolve, reject) => {
      const asked = request(`${url}/predict`, { method: 'POST', agent, headers }, (answer) => {
        answer.resume().on('end', () => resolve([answer.statusCode, asked.reusedSocket]))
      })
      asked.on('error', reject).end('{"a":1}')
    })
  expect(await ask({})).toEqual([200, false])
  expect(await ask({ 'content-encoding': 'gzip' })).toEqual([400, true])
  expect(await ask({})).toEqual([200, true])
  agent.destroy()
})

function bomb(compress: (data: Uint8Array) => Uint8Array): Uint8Array<ArrayBuffer> {
  const compressed = new Uint8Array(compress(Buffer.alloc(500_000)))
  expect(compressed.length).toBeLessThan(1000)
  return compressed
}

function cutOff(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync('{"a":1}').subarray(0, 15))
}
