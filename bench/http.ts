// What carries the handler: node:http or Fastify 5, each to a bare node:http server that parses, adds up and serialises
// the same JSON of 30 numbers. All in turn, in processes of their own.
import { spawn } from 'node:child_process'
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

const settings = resolveSettings({ spec: { port: 0 } })
const body = JSON.stringify({ features: Array.from({ length: 30 }, (_, index) => index / 7) })
const compute = (text: Uint8Array) => {
  const { features } = JSON.parse(Buffer.from(text).toString()) as { features: number[] }
  return JSON.stringify({ sum: features.reduce((sum, value) => sum + value, 0) })
}

const [kind] = process.argv.slice(2)
if (kind) console.log(await serve(kind as Kind))
else await compare()

async function compare(rounds = 5, seconds = 3): Promise<void> {
  const servers = await Promise.all(kinds.map(start))
  const rates = kinds.map((): number[] => [])
  for (let round = -1; round < rounds; round++) {
    for (const [index, { url }] of servers.entries()) {
      const rate = await load(url, round < 0 ? 1 : seconds)
      if (round >= 0) rates[index]?.push(rate)
    }
  }
  for (const { child } of servers) child.kill()
  const [bare = [], ...others] = rates
  for (const [index, own] of others.entries()) {
    // Ratios within a round: what else the machine does changes from one to the next.
    const ratios = own.map((rate, round) => rate / (bare[round] ?? Number.NaN))
    const what = `requests a second over ${kinds[index + 1]} to a bare server's`
    report({ what, ours: median(ratios), peer: 1, limit: 0.85, unit: '×', atLeast: true })
  }
}

async function start(kind: Kind) {
  const child = spawn(process.execPath, ['--no-warnings', import.meta.filename, kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [url] = await once(child.stdout, 'data')
  return { child, url: String(url).trim() }
}

async function load(url: string, duration: number): Promise<number> {
  const { requests, non2xx } = await autocannon({
    url: `${url}/predict`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    connections: 20,
    duration,
  })
  if (non2xx > 0) throw new Error(`${non2xx} answers failed`)
  return requests.average
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
        ask: async ({ body }) => ({
          kind: 'value',
          contentType: 'application/json',
          body: Buffer.from(compute(body)),
          timings: { queued: 0, computed: 0 },
        }),
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
      signal: gone.signal,
      body: async () => (request.body instanceof Uint8Array ? request.body : new Uint8Array()),
    })
    return reply.code(status).headers(headers).send(answer)
  })
  return app.listen({ port: 0, host: '127.0.0.1' })
}
