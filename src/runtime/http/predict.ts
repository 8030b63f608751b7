import { decimal } from '../decimal.ts'
import type { Answer, Backend, State, Timings } from '../exchange.ts'
import { failure } from '../problems.ts'
import { duration } from '../setting-kinds.ts'
import { chooseType } from './accept.ts'
import { isStreamType, streamBody, streamTypes } from './event-stream.ts'
import {
  headerOf,
  type RequestContext,
  type Resource,
  type ServeRequest,
  type ServeResponse,
} from './message.ts'

export type PredictOptions = {
  readonly backend: Pick<Backend, 'ask' | 'refusal'>
  readonly state: () => State
  /** Milliseconds. */
  readonly timeout: number
  /** Media types of an answer that is no stream, the usual one first. */
  readonly produces: () => readonly string[]
  /** Milliseconds after which a stream without news shows that it lives: proxies close what is silent. */
  readonly heartbeat?: number
}

/** `POST /predict`. */
export function predict(options: PredictOptions): Resource {
  return {
    route: '/predict',
    methods: { POST: (request, context) => respond(request, context, options) },
  }
}

async function respond(
  request: ServeRequest,
  context: RequestContext,
  { backend, state, timeout, produces, heartbeat = 15_000 }: PredictOptions,
): Promise<ServeResponse> {
  const type = typeOf(request, produces())
  const deadline = request.received + Math.min(timeout, requestTimeout(request) ?? timeout)
  refuseUnlessReady(state())
  if (bodyLength(request) > large) refuseWhere(backend.refusal())
  const { id, traceparent } = context
  const { signal, received } = request
  const contentType = headerOf(request, 'content-type') ?? ''
  const stream = isStreamType(type)
  const body = await request.body()
  const question = { id, contentType, body, stream, traceparent }
  const answer = await backend.ask(question, { signal, received, deadline })
  return stream ? streamed(answer, { type, heartbeat, id }) : whole(answer)
}

function whole(answer: Answer & { readonly timings: Timings }): ServeResponse {
  if (answer.kind === 'items') throw new TypeError('a stream came where a value was asked for')
  const { contentType, body, timings } = answer
  return {
    status: 200,
    headers: { 'content-type': contentType, 'server-timing': serverTiming(timings) },
    body,
    timings,
  }
}

async function streamed(
  answer: Answer & { readonly timings: Timings },
  { type, heartbeat, id }: { type: string; heartbeat: number; id: string },
): Promise<ServeResponse> {
  const { body, problem } = await streamBody(itemsOf(answer), { type, heartbeat, id })
  // Proxies that gather what they pass on (nginx) would hold the items back.
  const headers = { 'content-type': type, 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
  return { status: 200, headers, body, timings: answer.timings, problem }
}

/** An answer that is no stream is one item; bytes are base64 there, as they are inside of JSON. */
function itemsOf(answer: Answer): AsyncIterable<Uint8Array> {
  if (answer.kind === 'items') return answer.items
  const { contentType, body } = answer
  const bytes = Buffer.from(body)
  const item =
    contentType === 'application/json' ? bytes : Buffer.from(JSON.stringify(bytes.toString('base64')))
  return (async function* () {
    yield item
  })()
}

function typeOf(request: ServeRequest, produces: readonly string[]): string {
  const accept = headerOf(request, 'accept')
  // What most callers say: nothing.
  if (accept === undefined || accept === '*/*') return produces[0] ?? ''
  const offers = [...produces, ...streamTypes]
  const type = chooseType(accept, offers)
  if (type !== undefined) return type
  throw failure('not-acceptable', `answers come as ${offers.join(', ')}`)
}

const timeoutHeader = duration({ min: '1ms', max: '24h' })

function requestTimeout(request: ServeRequest): number | undefined {
  const given = headerOf(request, 'x-request-timeout')
  if (given === undefined) return undefined
  const value = timeoutHeader.read(given)
  if (value !== undefined) return value
  throw failure('request-invalid', `X-Request-Timeout takes ${timeoutHeader.accepts}`)
}

function refuseUnlessReady({ state, reason }: State): void {
  if (state === 'loading')
    throw failure('not-ready', reason ?? 'the component is being loaded', { retryAfter: 1 })
  if (state === 'failed') throw failure('not-ready', reason ?? 'the component could not be loaded')
}

/**
 * Bytes from which on a body is not taken that would find a full queue: many of them at a time would fill the memory. What is
 * shorter has come with its headers, and unread it would cost the connection.
 */
const large = 65_536

function bodyLength({ headers }: ServeRequest): number {
  if (headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY
  return Number(headers['content-length'] ?? 0)
}

function refuseWhere(refusal: Error | undefined): void {
  if (refusal) throw refusal
}

function serverTiming({ queued, computed }: Timings): string {
  return `queue;dur=${decimal(queued)}, compute;dur=${decimal(computed)}`
}
