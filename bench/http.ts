// What carries the handler: node:http or Fastify 5, each to a bare node:http server that parses, adds up and serialises
// the same JSON of 30 numbers. All in turn, in processes of their own; what counts is the processor time of a request,
// since requests a second say more of what else the machine does.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import autocannon from 'autocannon'
import fastify from 'fastify'
import { createHandler } from '../src/runtime/http/handler.ts'
import type { Handler } from '../src/runtime/http/message.ts'
import { predict } from '../src/runtime/http/predict.ts'
import { listen } from '../src/runtime/http/server.ts'
import { resolveSettings } from '../src/runtime/index.ts'
import { median, report } from './measure.ts'

const kinds = ['bare', 'node:http', 'fastify'] as const
type Kind = (typeof kinds)[number]

/** Requests of one round. */
const amount = 3000

const settings = resolveSettings({ spec: { port: 0 } })
const body = JSON.stringify({ features: Array.from({ length: 30 }, (_, index) => index / 7) })
const compute = (text: Uint8Array) => {
  const { features } = JSON.parse(Buffer.from(text).toString()) as { features: number[] }
  return JSON.stringify({ sum: features.reduce((sum, value) => sum + value, 0) })
}

const [kind] = process.argv.slice(2)
if (kind) await answerAs(kind as Kind)
else await compare()

async function compare(rounds = 15): Promise<void> {
  const servers = await Promise.all(kinds.map(start))
  const costs = kinds.map((): number[] => [])
  for (let round = -3; round < rounds; round++) {
    for (const [index, server] of servers.entries()) {
      const before = await processorTime(server)
      await load(server.url)
      const cost = ((await processorTime(server)) - before) / amount
      if (round >= 0) costs[index]?.push(cost)
    }
  }
  for (const { child } of servers) child.kill()
  const [bare = 0, plain = 0, framework = 0] = costs.map(median)
  const shared = { ours: plain, unit: 'µs' }
  report({ what: "processor time of a request to a bare server's", ...shared, peer: bare, limit: 1.5 })
  report({ what: 'the same to that over Fastify', ...shared, peer: framework, limit: 1 })
}

type Server = { readonly child: ChildProcess; readonly url: string }

async function start(kind: Kind): Promise<Server> {
  const child = spawn(process.execPath, ['--no-warnings', import.meta.filename, kind], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [url] = await once(child, 'message')
  return { child, url: String(url) }
}

/** Microseconds until now. */
async function processorTime({ child }: Server): Promise<number> {
  child.send('time')
  return Number((await once(child, 'message'))[0])
}

async function load(url: string): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const { non2xx } = await autocannon({
    url: `${url}/predict`,
    method: 'POST',
    headers,
    body,
    connections: 20,
    amount,
  })
  if (non2xx > 0) throw new Error(`${non2xx} answers failed`)
}

async function answerAs(kind: Kind): Promise<void> {
  const url = await serve(kind)
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.(user + system)
  })
  process.send?.(url)
}

async function serve(kind: Kind): Promise<string> {
  if (kind === 'bare') return bare()
  const handle = createHandler({
    settings,
    observe: () => {},
    resources: {
      '/predict': predict({
        state: () => ({ state: 'ready', since: '' }),
        timeout: settings.timeout,
        produces: () => ['application/json'],
        backend: {
          refusal: () => undefined,
          ask: async ({ body }) => ({
            kind: 'value',
            contentType: 'application/json',
            body: Buffer.from(compute(body)),
            timings: { queued: 0, computed: 0 },
          }),
        },
      }),
    },
  })
  if (kind === 'fastify') return overFastify(handle)
  return (await listen(handle, { settings, observe: () => {}, isClosing: () => false })).url
}

async function bare(): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = compute(Buffer.concat(chunks))
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      })
      response.end(text)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

async function overFastify(handle: Handler): Promise<string> {
  const app = fastify({ bodyLimit: settings.bodyLimit })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, bytes, done) => done(null, bytes))
  app.post('/predict', async (request, reply) => {
    const gone = new AbortController()
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) gone.abort()
    })
    const {
      status,
      headers,
      body: answer,
    } = await handle({
      method: request.method,
      path: request.url,
      headers: request.headers,
      received: performance.now(),
      signal: gone.signal,
      body: async () => (request.body instanceof Uint8Array ? request.body : new Uint8Array()),
    })
    return reply.code(status).headers(headers).send(answer)
  })
  return app.listen({ port: 0, host: '127.0.0.1' })
}
