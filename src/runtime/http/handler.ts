import type { Observe } from '../observe.ts'
import { failure } from '../problems.ts'
import type { ServeSettings } from '../settings.ts'
import { createAuthorizer } from './authorize.ts'
import { createCors } from './cors.ts'
import { createIds } from './ids.ts'
import {
  type Handler,
  headerOf,
  type Reply,
  type RequestContext,
  type Resource,
  type ServeRequest,
  type ServeResponse,
} from './message.ts'
import { problemOf, problemResponse } from './problem.ts'

export type HandlerOptions = {
  readonly settings: Pick<ServeSettings, 'token' | 'corsOrigins'>
  /** By path. */
  readonly resources: Readonly<Record<string, Resource>>
  readonly observe: Observe
  /** The `traceparent` of a request's own span, by that of its caller. Default: the caller's goes on as it is. */
  readonly trace?: (parent: string | undefined) => string | undefined
}

/** Answers requests, whatever they come through: routes, methods, tokens and CORS. It never fails. */
export function createHandler({
  settings,
  resources,
  observe,
  trace = (parent) => parent,
}: HandlerOptions): Handler {
  const table = new Map(
    Object.entries(resources).map(([path, resource]) => [path, { ...resource, allow: methodsOf(resource) }]),
  )
  const isAllowed = createAuthorizer(settings.token)
  const cors = createCors(settings.corsOrigins)
  const nextId = createIds()
  const respond = (resource: Routed | undefined, request: ServeRequest, context: RequestContext) => {
    if (!resource) throw failure('not-found', `nothing is at ${shortened(request.path)}`)
    const preflight = cors.preflight(request, resource.allow)
    if (preflight) return preflight
    if (!resource.open && !isAllowed(request.headers)) {
      const refused = failure('unauthorized', 'send the header Authorization: Bearer <token>')
      return problemResponse(refused, { id: context.id, headers: { 'www-authenticate': 'Bearer' } })
    }
    return byMethod(resource, request, context)
  }
  return async (request) => {
    const resource = table.get(request.path)
    const context = contextOf(request, { route: resource?.route ?? 'other', trace, nextId })
    const { id, route } = context
    observe({ type: 'received', route })
    let response: ServeResponse
    try {
      response = await respond(resource, request, context)
    } catch (error) {
      if (problemOf(error).code === 'internal') observe(faultOf(error, id))
      response = problemResponse(error, { id })
    }
    const headers = { ...response.headers, ...cors.headers(request), 'x-request-id': id }
    return { ...response, headers, context }
  }
}

/** A resource, and the methods that it takes. */
type Routed = Resource & { readonly allow: string }

function byMethod(
  resource: Routed,
  request: ServeRequest,
  context: RequestContext,
): ServeResponse | Promise<ServeResponse> {
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const respond = Object.hasOwn(resource.methods, method) ? resource.methods[method] : undefined
  if (respond) return respond(request, context)
  const headers = { allow: resource.allow }
  if (method === 'OPTIONS') return { status: 204, headers }
  const refused = failure('method-not-allowed', `${shortened(request.path)} takes ${resource.allow}`)
  return problemResponse(refused, { id: context.id, headers })
}

function methodsOf({ methods }: Resource): string {
  const own = Object.keys(methods)
  return [...own, ...(own.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
}

/** What may stand in a log and in a header again, as it came. */
const fitId = /^[\w.:/+=@-]{1,128}$/
const fitTraceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-|$)/

function contextOf(
  request: ServeRequest,
  {
    route,
    trace,
    nextId,
  }: { route: Resource['route']; trace: NonNullable<HandlerOptions['trace']>; nextId: () => string },
): Reply['context'] {
  const id = headerOf(request, 'x-request-id') ?? ''
  const given = headerOf(request, 'traceparent')
  const parent = given !== undefined && fitTraceparent.test(given) ? given : undefined
  const traceparent = trace(parent)
  const own = { id: id !== '' && fitId.test(id) ? id : nextId(), route }
  if (traceparent === undefined) return own
  return { ...own, traceparent, ...(parent !== undefined && { parent }) }
}

function faultOf(error: unknown, id: string) {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { type: 'log', level: 'error', message, id } as const
}

const shortened = (path: string) => (path.length > 80 ? `${path.slice(0, 80)}…` : path)
