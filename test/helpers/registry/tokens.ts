import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Personality } from './personalities.ts'

type Grant = { readonly scopes: readonly string[]; readonly ends: number; uses: number }
type TokenCall = { method: string; query: URLSearchParams; headers: IncomingHttpHeaders; body: string }

/** The login of a registry in memory: Basic, or Bearer with a token server at `/token`. */
export function createTokens(
  {
    auth,
    tokenLife = 60,
    tokenUses = Number.POSITIVE_INFINITY,
    isOauthOnly = false,
    isOpen = false,
    forbids,
  }: Partial<Personality>,
  { username, password }: { username: string; password: string },
) {
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const identity = `identity-${randomUUID()}`
  const grants = new Map<string, Grant>()
  let asked = 0
  let now = Date.now

  type Wish = { readonly repository: string; readonly isWrite: boolean; readonly origin: string }

  /** The challenge for a request that may not go on. */
  function check(header: string | undefined, { repository, isWrite, origin }: Wish): string | undefined {
    if (auth === undefined) return undefined
    if (auth === 'basic') return header === basic ? undefined : 'Basic realm="a registry, private"'
    const scope = `repository:${repository}:${isWrite ? 'pull,push' : 'pull'}`
    const challenge = `Bearer realm="${origin}/token",service="a registry",scope="${scope}"`
    const grant = grants.get(header?.replace(/^Bearer /, '') ?? '')
    if (!grant || grant.ends <= now() || grant.uses-- <= 0) return challenge
    const mine = grant.scopes.find((one) => one.startsWith(`repository:${repository}:`)) ?? ''
    return mine.includes(isWrite ? 'push' : 'pull') ? undefined : `${challenge},error="insufficient_scope"`
  }

  function serve(response: ServerResponse, { method, query, headers, body }: TokenCall): void {
    asked++
    const form = new URLSearchParams(body)
    const isPost = method === 'POST'
    const isPassword = form.get('username') === username && form.get('password') === password
    const isMe = isPost
      ? form.get('refresh_token') === identity || isPassword
      : headers.authorization === basic
    if (isOauthOnly && !isPost) {
      reply(response, 405, { errors: [{ code: 'UNSUPPORTED', message: 'use POST' }] })
    } else if (!isMe && !isOpen) {
      const message = `not you: ${headers.authorization} ${body}`
      reply(response, 401, { errors: [{ code: 'UNAUTHORIZED', message }] })
    } else if (forbids && `${query}${body}`.includes(encodeURIComponent(forbids))) {
      reply(response, 403, { errors: [{ code: 'DENIED', message: 'not that one' }] })
    } else {
      const token = `token-${randomUUID()}`
      const asks = isPost ? (form.get('scope') ?? '').split(' ') : query.getAll('scope')
      const scopes = isMe ? asks : asks.map((scope) => scope.replace(/:[^:]*$/, ':pull'))
      grants.set(token, { scopes, ends: now() + tokenLife * 1000, uses: tokenUses })
      reply(response, 200, { [isPost ? 'access_token' : 'token']: token, expires_in: tokenLife })
    }
  }

  return {
    check,
    serve,
    identity,
    asked: () => asked,
    granted: () => [...grants.values()].map(({ scopes }) => scopes),
    values: () => [...grants.keys()],
    expireAll: () => grants.clear(),
    useClock: (clock: () => number) => {
      now = clock
    },
  }
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}
