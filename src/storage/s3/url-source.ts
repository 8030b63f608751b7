import type { IncomingMessage } from 'node:http'
import { askUrl } from '../../artifact/index.ts'
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
    const answer = await askUrl(url, {
      signal,
      ...(!whole && { headers: { range: `bytes=${start}-${end - 1}` } }),
    })
    if (!whole && answer.statusCode !== 206 && start > 0) {
      answer.destroy()
      throw new FlambeError('UNAVAILABLE', `HTTP url: '${url}': the server gives no ranges of files`, {
        hint: 'have it serve ranges, or publish the artifact as one .tar.gz (compress: true)',
      })
    }
    const position = await takeBody(answer, stretch)
    if (position !== end) throw endsEarly(object.name, position, end)
  })
}

/** Gives where the body, or what is wanted of it, ends. */
async function takeBody(body: IncomingMessage, { start, end, take }: Stretch): Promise<number> {
  let position = start
  for await (const chunk of body as AsyncIterable<Buffer>) {
    // A server without ranges sends all there is.
    const wanted = chunk.subarray(0, end - position)
    await take(wanted, position)
    position += wanted.length
    if (wanted.length < chunk.length) break
  }
  return position
}

/** Bytes: a manifest lists files, and none lists so many. */
const mostManifest = 64 * 2 ** 20

/**
 * What may be a manifest, and what names this version of it; undefined where there is none that may be read. A server that answers
 * everything with a page or with its archive has none there: no more is read of that than shows it.
 */
export async function getManifestUrl(
  url: string,
  { signal }: { readonly signal: AbortSignal | undefined },
): Promise<{ readonly bytes: Uint8Array; readonly etag: string | undefined } | undefined> {
  try {
    return await tryAgain(url, { signal }, async () => {
      const answer = await askUrl(url, { signal })
      const chunks: Uint8Array[] = []
      let size = 0
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        if (size === 0 && chunk[0] !== '{'.charCodeAt(0)) return undefined
        chunks.push(chunk)
        size += chunk.length
        if (size > mostManifest) return undefined
      }
      return size === 0 ? undefined : { bytes: Buffer.concat(chunks), etag: answer.headers.etag }
    })
  } catch (error) {
    // Whoever refuses this may still give what was asked for first: an archive by a name of its own.
    if (error instanceof FlambeError && describe(error).status !== undefined && !isBusy(error))
      return undefined
    throw error
  }
}

/** Whether the server may give at another time what it does not give now. */
function isBusy(error: FlambeError): boolean {
  const { status = 0 } = describe(error)
  return status === 429 || status >= 500
}

/** Runs it again after whatever may pass: each failure of the network, and of a server that is busy. */
async function tryAgain<T>(url: string, options: BackOffOptions, work: () => Promise<T>): Promise<T> {
  for (let trial = 1; ; trial++) {
    try {
      return await work()
    } catch (error) {
      options.signal?.throwIfAborted()
      const cause = error instanceof Error ? (error.cause ?? error) : error
      const isOurs = error instanceof FlambeError
      if (isOurs && (trial === tries || !isBusy(error))) throw error
      if (!isOurs && (trial === tries || isTrust(cause))) throw unavailable(url, cause)
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
