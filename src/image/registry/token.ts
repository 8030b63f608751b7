import { connectionFailure } from './connection-failure.ts'
import type { Credentials } from './credentials.ts'
import { bytesBody, type HttpRequest, type HttpResponse } from './exchange.ts'
import { type Answer, answerFailure, type FailureContext, RegistryError, sentence } from './failure.ts'
import { readAll } from './read-all.ts'
import { formatScope, type Scope } from './scope.ts'

export type Token = {
  readonly value: string
  /** When to get a new one, before this one ends; milliseconds since the epoch. */
  readonly staleAt: number
}

export type TokenRequest = {
  readonly realm: URL
  readonly service: string | undefined
  readonly scopes: readonly Scope[]
  readonly credentials: Credentials
}

export type TokenOptions = {
  readonly send: (request: HttpRequest) => Promise<HttpResponse>
  readonly now: () => number
  readonly context: FailureContext
  readonly signal?: AbortSignal | undefined
}

/** Seconds that a token lives if its server does not say: https://distribution.github.io/distribution/spec/auth/token/ */
const defaultLife = 60

/** Gets a bearer token: OAuth2 with an identity token, else GET with Basic or nothing; the other way where one is not known. */
export async function fetchToken(request: TokenRequest, options: TokenOptions): Promise<Token> {
  const asked = options.now()
  let answer: Answer = { status: 404, headers: {}, text: '' }
  for (const one of requestsFor(request)) {
    answer = await call(one, options)
    if (answer.status !== 404 && answer.status !== 405) break
  }
  const token = answer.status === 200 ? parseToken(answer.text) : undefined
  if (!token) throw tokenFailure(answer, options)
  return { value: token.value, staleAt: asked + token.life * 800 }
}

function tokenFailure(answer: Answer, { context, now }: TokenOptions): RegistryError {
  if (answer.status !== 200) return answerFailure(answer, context, now())
  return new RegistryError('UNAVAILABLE', `${sentence(context)}: it answered 200, but sent no token`, {
    status: 200,
    hint: 'a proxy, or the login page of the network, may answer in its place',
  })
}

/** What HTTP calls Basic: the pair in base64. */
export function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function requestsFor(request: TokenRequest): HttpRequest[] {
  const { credentials } = request
  if (credentials.kind === 'identity') {
    const { token } = credentials
    return [post(request, { grant_type: 'refresh_token', refresh_token: token }), get(request)]
  }
  if (credentials.kind === 'password') {
    const { username, password } = credentials
    return [get(request, basic(credentials)), post(request, { grant_type: 'password', username, password })]
  }
  return [get(request)]
}

function get({ realm, service, scopes }: TokenRequest, authorization?: string): HttpRequest {
  const url = new URL(realm)
  if (service) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', formatScope(scope))
  return { method: 'GET', url, headers: authorization ? { authorization } : {} }
}

/** https://distribution.github.io/distribution/spec/auth/oauth/ */
function post({ realm, service, scopes }: TokenRequest, grant: { [field: string]: string }): HttpRequest {
  const form = new URLSearchParams({
    ...grant,
    client_id: 'flambe',
    scope: scopes.map(formatScope).join(' '),
    ...(service && { service }),
  })
  return {
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: bytesBody(Buffer.from(form.toString()), { isSecret: true }),
  }
}

async function call(request: HttpRequest, { send, context, signal }: TokenOptions) {
  try {
    const { status, headers, body } = await send({ ...request, signal })
    return { status, headers, text: (await readAll(body)).toString('utf8') }
  } catch (error) {
    throw connectionFailure(error, context)
  }
}

function parseToken(body: string): { readonly value: string; readonly life: number } | undefined {
  try {
    const reply = JSON.parse(body) as { [key: string]: unknown }
    const value = reply['token'] || reply['access_token']
    const life = Number(reply['expires_in'] ?? defaultLife)
    return typeof value === 'string' ? { value, life: life > 0 ? life : defaultLife } : undefined
  } catch {
    return undefined
  }
}
