import { assertStillHttps } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { type BackOffOptions, backOff, tries } from './back-off.ts'
import { describe, isTrust } from './failure.ts'
import { endsEarly, type Readable, type Stretch } from './read.ts'
import type { Source } from './source.ts'

/** The objects below a public URL: anybody may read them, of a bucket or of any server of files. */
export function urlSource(base: string, options: BackOffOptions): Source {
  return {
    location: { prefix: '' },
    url: base,
    signal: options.signal,
    read: (object, stretch) => readUrl(urlOf(base, object.key), { object, stretch, ...options }),
  }
}

/** The URL of a key below another; what stands in it is escaped. */
function urlOf(base: string, key: string): string {
  return [base, ...key.split('/').map(encodeURIComponent)].join('/')
}

type Reading = BackOffOptions & { readonly object: Readable; readonly stretch: Stretch }

async function readUrl(url: string, reading: Reading): Promise<void> {
  const { object, stretch, signal } = reading
  const { start, end } = stretch
  if (start === end) return
  const whole = start === 0 && end === object.size
  await tryAgain(url, reading, async () => {
    const response = await ask(url, {
      signal,
      ...(!whole && { headers: { range: `bytes=${start}-${end - 1}` } }),
    })
    if (!whole && response.status !== 206 && start > 0) {
      await response.body?.cancel()
      throw new FlambeError('UNAVAILABLE', `HTTP url: '${url}': the server gives no ranges of files`, {
        hint: 'have it serve ranges, or publish the artifact as one .tar.gz (compress: true)',
      })
    }
    const position = await takeBody(response, stretch)
    if (position !== end) throw endsEarly(object.name, position, end)
  })
}

/** Gives where the body, or what is wanted of it, ends. */
async function takeBody({ body }: Response, { start, end, take }: Stretch): Promise<number> {
  let position = start
  for await (const chunk of body ?? []) {
    // A server without ranges sends all there is.
    const wanted = chunk.subarray(0, end - position)
    await take(wanted, position)
    position += wanted.length
    if (wanted.length < chunk.length) break
  }
  return position
}

/** A small object as it is, and what names this version of it; undefined where there is none that may be read. */
export async function getUrl(
  url: string,
  { signal }: { readonly signal: AbortSignal | undefined },
): Promise<{ readonly bytes: Uint8Array; readonly etag: string | undefined } | undefined> {
  try {
    return await tryAgain(url, { signal }, async () => {
      const response = await ask(url, { signal })
      const bytes = new Uint8Array(await response.arrayBuffer())
      return { bytes, etag: response.headers.get('etag') ?? undefined }
    })
  } catch (error) {
    // Whoever refuses this may still give what was asked for first: an archive by a name of its own.
    if (error instanceof FlambeError && isRefusal(error)) return undefined
    throw error
  }
}

async function ask(
  url: string,
  { signal, headers = {} }: { signal: AbortSignal | undefined; headers?: Record<string, string> },
): Promise<Response> {
  const response = await fetch(url, { headers, ...(signal && { signal }) })
  await assertStillHttps(url, response)
  if (response.ok) return response
  await response.body?.cancel()
  const { status } = response
  const failure = (code: 'ARTIFACT_NOT_FOUND' | 'DENIED' | 'UNAVAILABLE', why: string) =>
    new FlambeError(code, `HTTP url: '${url}' is not available: ${why} (${status})`, {
      // As the SDK would tell it.
      cause: Object.assign(new Error(`the server answered ${status}`), {
        $metadata: { httpStatusCode: status },
      }),
    })
  if (status === 404 || status === 410) throw failure('ARTIFACT_NOT_FOUND', 'there is nothing')
  if (status === 401 || status === 403) throw failure('DENIED', 'it may not be read')
  if (status === 429 || status >= 500) throw new Error(`the server answered ${status}`)
  throw failure('UNAVAILABLE', 'the server does not give it')
}

/** Whether the server has answered, and for good. */
const isRefusal = (error: FlambeError) => describe(error).status !== undefined

/** Runs it again after what may pass: any failure of the network that is not told as ours yet. */
async function tryAgain<T>(url: string, options: BackOffOptions, work: () => Promise<T>): Promise<T> {
  for (let trial = 1; ; trial++) {
    try {
      return await work()
    } catch (error) {
      options.signal?.throwIfAborted()
      // A call of the system is one of whoever takes the bytes: a disk that is full.
      if (error instanceof FlambeError || (error instanceof Error && 'syscall' in error)) throw error
      const cause = error instanceof Error ? (error.cause ?? error) : error
      if (trial === tries || isTrust(cause)) throw unavailable(url, cause)
      await backOff(trial, options)
    }
  }
}

function unavailable(url: string, cause: unknown): FlambeError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new FlambeError('UNAVAILABLE', `HTTP url: '${url}' is not available: ${reason}`, {
    cause,
    hint: 'check the address and the network, and try again',
  })
}
