import { FlambeError } from '../errors.ts'

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
 * as `status`. What the network says comes as `fetch` throws it.
 */
export async function askUrl(asked: string | URL, options: AskUrlOptions = {}): Promise<Response> {
  const { headers = {}, signal } = options
  const place = placeOf(new URL(asked))
  let url = new URL(asked)
  for (let hops = 0; hops <= mostHops; hops++) {
    const response = await fetch(url, { headers, redirect: 'manual', ...(signal && { signal }) })
    if (response.ok) return response
    await response.body?.cancel()
    const next = nextOf(response, url)
    if (!next) throw refused(place, response.status)
    if (url.protocol === 'https:' && next.protocol !== 'https:') throw downgraded(place, next)
    url = next
  }
  throw new FlambeError('UNAVAILABLE', `HTTP url: '${place}' is not available: it leads on and on`)
}

/** A URL as an error may show it. */
const placeOf = ({ origin, pathname }: URL): string => `${origin}${pathname}`

function nextOf({ status, headers }: Response, url: URL): URL | undefined {
  const location = [301, 302, 303, 307, 308].includes(status) ? headers.get('location') : null
  return location === null ? undefined : (URL.parse(location, url.href) ?? undefined)
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
