import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'
import { onTestFinished } from 'vitest'
import type { Span } from '../../src/runtime/telemetry/spans.ts'

export type Received = {
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly resource: Readonly<Record<string, unknown>>
  readonly spans: readonly Span[]
}

/** An OTLP/HTTP collector that keeps what it gets; `answers` are its first statuses, then it says 200. */
export async function collector({ answers = [] }: { answers?: readonly number[] } = {}) {
  const received: Received[] = []
  const statuses = [...answers]
  const server = createServer(async (request, response) => {
    const gzip = request.headers['content-encoding'] === 'gzip'
    const body = (await json(gzip ? request.pipe(createGunzip()) : request)) as OtlpBody
    const status = statuses.shift() ?? 200
    if (status === 200) received.push(...readBody(body, request))
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, received, spans: () => received.flatMap(({ spans }) => spans) }
}

type OtlpBody = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Span['attributes'] }
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[]
  }[]
}

function readBody(
  { resourceSpans }: OtlpBody,
  { url = '', headers }: { url?: string | undefined; headers: Readonly<Record<string, unknown>> },
): Received[] {
  return resourceSpans.map(({ resource, scopeSpans }) => ({
    path: url,
    headers,
    resource: attributesOf(resource),
    spans: scopeSpans.flatMap(({ spans }) => spans),
  }))
}

/** Attributes as a plain object. */
export function attributesOf({ attributes }: Pick<Span, 'attributes'>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}
