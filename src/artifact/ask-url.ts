import type { IncomingMessage } from 'node:http'
import { FlambeError } from '../errors.ts'
import { nodeHttp, nodeHttps } from '../files/index.ts'
import { version } from '../version.ts'

/** Redirects that are followed: as many as browsers follow. */
const mostHops = 20

export type AskUrlOptions = {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/**
 * The answer of a server to a GET, its body unread. Redirects are followed, but none from https to http: an artifact brings code, and
 * whoever is on the way could put theirs in it. What a query holds, such as a signature, stands in no error.
 * @throws FlambeError `ARTIFACT_UNSAFE` for such a redirect; `ARTIFACT_NOT_FOUND`, `DENIED` or `UNAVAILABLE` by the status, which its cause has
 * as `status`. What the network says comes as Node says it.
 */
export async function askUrl(asked: string | URL, options: AskUrlOptions = {}): Promise<IncomingMessage> {
  const place = placeOf(new URL(asked))
  let url = new URL(asked)
  for (let hops = 0; hops <= mostHops; hops++) {
    const answer = await get(url, options)
    const { statusCode: status = 0 } = answer
    if (status >= 200 && status < 300) return answer
    answer.destroy()
    const next = nextOf(answer, url)
    if (!next) throw refused(place, status)
    if (url.protocol === 'https:' && next.protocol !== 'https:') throw downgraded(place, next)
    url = next
  }
  throw new FlambeError('UNAVAILABLE', `HTTP url: '${place}' is not available: it leads on and on`)
}

/**
 * Not by `fetch`: where a server closes the connection while the body waits to be read, as with a slow disk, that throws what nobody can
 * catch. https://github.com/nodejs/undici/issues/5360
 */
function get(url: URL, { headers, signal }: AskUrlOptions): Promise<IncomingMessage> {
  const { request } = url.protocol === 'https:' ? nodeHttps() : nodeHttp()
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const asked = request(url, {
    headers: { accept: '*/*', 'user-agent': `flambe/${version}`, ...headers },
    ...(signal && { signal }),
  })
  asked.on('response', resolve).on('error', reject).end()
  return promise
}

/** A URL as an error may show it. */
const placeOf = ({ origin, pathname }: URL): string => `${origin}${pathname}`

function nextOf({ statusCode = 0, headers }: IncomingMessage, url: URL): URL | undefined {
  const location = [301, 302, 303, 307, 308].includes(statusCode) ? headers.location : undefined
  return location === undefined ? undefined : (URL.parse(location, url.href) ?? undefined)
}

function downgraded(place: string, { origin }: URL): FlambeError {
  return new FlambeError('ARTIFACT_UNSAFE', `HTTP url: '${place}' leads to ${origin}, which is no https`, {
    hint: 'anybody on the way could have changed what it gives: have it lead to https, or to nowhere else',
  })
}

function refused(place: string, status: number): FlambeError {
  const cause = Object.assign(new Error(`the server answered ${status}`), { status })
  if (status === 404 || status === 410) {
    return new FlambeError(
      'ARTIFACT_NOT_FOUND',
      `HTTP url: '${place}' is not available: there is nothing (${status})`,
      {
        cause,
        hint: 'a URL names a .tar.gz, or, without a query, a folder that anybody may read and that holds flambe.json',
      },
    )
  }
  if (status === 401 || status === 403) {
    return new FlambeError('DENIED', `HTTP url: '${place}' may not be read (${status})`, {
      cause,
      hint: 'a presigned URL may have expired, and opens one object: a .tar.gz, and no folder',
    })
  }
  return new FlambeError('UNAVAILABLE', `HTTP url: '${place}' is not available: ${cause.message}`, { cause })
}
