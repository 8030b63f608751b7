import { randomUUID, sign, X509Certificate } from 'node:crypto'
import type { Certificates } from './certificates.ts'
import { listen, type Running } from './serve.ts'

export type TokenServer = Running & { readonly asked: string[] }

/**
 * A token server that the real registry believes: JWTs with the certificate in `x5c`.
 * https://distribution.github.io/distribution/spec/auth/jwt/
 */
export async function startTokenServer(
  { key, cert }: Certificates,
  { username, password, life = 60 }: { username: string; password: string; life?: number },
): Promise<TokenServer> {
  const asked: string[] = []
  const login = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const server = await listen((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://x')
    asked.push(searchParams.getAll('scope').join(' '))
    const isMe = request.headers.authorization === login
    const access = searchParams.getAll('scope').map((scope) => {
      const [type, name, actions = ''] = scope.split(':')
      return { type, name, actions: isMe ? actions.split(',') : ['pull'] }
    })
    const now = Math.floor(Date.now() / 1000)
    const token = jwt(
      { key, cert },
      {
        iss: 'test issuer',
        sub: username,
        aud: searchParams.get('service'),
        exp: now + life,
        nbf: now - 5,
        iat: now,
        jti: randomUUID(),
        access,
      },
    )
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ token, expires_in: life }))
  })
  return { ...server, asked }
}

function jwt({ key, cert }: { key: string; cert: string }, claims: object): string {
  const header = { typ: 'JWT', alg: 'ES256', x5c: [new X509Certificate(cert).raw.toString('base64')] }
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part(header)}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString(
    'base64url',
  )
  return `${signed}.${signature}`
}
