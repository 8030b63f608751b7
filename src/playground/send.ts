import type { Body } from './body.ts'
import { eventsOf } from './event-stream.ts'
import { isRecord } from './schema.ts'

/** What comes back, in its order; the last is `end` or `failed`. */
export type Arrival =
  | {
      readonly type: 'head'
      readonly status: number
      readonly statusText: string
      /** What the server itself measured: https://www.w3.org/TR/server-timing/ */
      readonly timing: string
    }
  | { readonly type: 'item'; readonly value: unknown; readonly after: number }
  | { readonly type: 'body'; readonly blob: Blob }
  | { readonly type: 'problem'; readonly problem: Problem }
  | { readonly type: 'end'; readonly after: number }
  /** No answer: the server cannot be reached, or the connection broke. */
  | { readonly type: 'failed'; readonly reason: string; readonly after: number }

/** https://www.rfc-editor.org/rfc/rfc9457 */
export type Problem = {
  readonly title?: unknown
  readonly detail?: unknown
  readonly status?: unknown
  readonly violations?: unknown
}

export type SendOptions = {
  readonly url: string
  readonly accept: string
  readonly token: string
  readonly signal: AbortSignal
}

/** Sends, and tells what arrives; times are milliseconds since the start. */
export async function* send(body: Body, options: SendOptions): AsyncGenerator<Arrival> {
  const started = performance.now()
  const after = () => performance.now() - started
  try {
    const response = await fetch(options.url, request(body, options))
    const { status, statusText, headers } = response
    yield { type: 'head', status, statusText, timing: headers.get('server-timing') ?? '' }
    yield* arrivals(response, after)
    yield { type: 'end', after: after() }
  } catch (error) {
    const reason = options.signal.aborted ? 'stopped' : error instanceof Error ? error.message : String(error)
    yield { type: 'failed', reason, after: after() }
  }
}

async function* arrivals(response: Response, after: () => number): AsyncGenerator<Arrival> {
  const type = response.headers.get('content-type') ?? ''
  if (type.startsWith('application/problem+json')) {
    const problem: unknown = await response.json()
    yield { type: 'problem', problem: isRecord(problem) ? problem : {} }
    return
  }
  if (!type.startsWith('text/event-stream') || !response.body) {
    yield { type: 'body', blob: await response.blob() }
    return
  }
  for await (const { event, data } of eventsOf(response.body)) {
    const value: unknown = JSON.parse(data)
    if (event === 'output') yield { type: 'item', value, after: after() }
    if (event === 'error') yield { type: 'problem', problem: isRecord(value) ? value : {} }
  }
}

function request(body: Body, { accept, token, signal }: SendOptions): RequestInit {
  const headers = new Headers({ accept })
  if (token !== '') headers.set('authorization', `Bearer ${token}`)
  if (body.kind === 'json') headers.set('content-type', 'application/json')
  if (body.kind === 'bytes') headers.set('content-type', body.blob.type || 'application/octet-stream')
  return { method: 'POST', headers, signal, body: contentOf(body) }
}

function contentOf(body: Body): BodyInit {
  if (body.kind === 'json') return body.text
  if (body.kind === 'bytes') return body.blob
  const form = new FormData()
  for (const [name, part] of body.parts) form.append(name, part)
  return form
}
