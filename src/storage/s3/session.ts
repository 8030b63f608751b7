import { setTimeout as sleep } from 'node:timers/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { type Connection, connect } from './client.ts'
import { translateS3Error } from './errors.ts'
import { isTransient, regionOf } from './failure.ts'
import { formatS3Location, type S3Location } from './location.ts'
import type { S3Options } from './options.ts'

/** The SDK, a client and a place: what every request of this backend is made with. */
export type S3Session = Connection & {
  readonly location: S3Location
  readonly options: S3Options
  readonly signal: AbortSignal | undefined
}

export async function openS3Session(
  location: S3Location,
  { options = {}, signal }: { options?: S3Options; signal?: AbortSignal | undefined } = {},
): Promise<S3Session> {
  return { ...(await connect(options)), location, options, signal }
}

/** The same session for another place of the same bucket. */
export function atPrefix(session: S3Session, prefix: string): S3Session {
  return { ...session, location: { ...session.location, prefix } }
}

const tries = 8
const firstWait = 200
const longestWait = 10_000

type Request<T> = (client: S3Client, abort: { readonly abortSignal?: AbortSignal }) => Promise<T>

/**
 * Runs one request, `doing` being what it is for. What fails for a passing reason is tried again, waiting longer
 * each time with full jitter, so `request` must open its body afresh; a bucket of another region is followed.
 * What fails for good is told as ours.
 */
export async function attempt<T>(
  session: S3Session,
  doing: string,
  request: Request<T>,
  { random = Math.random }: { readonly random?: () => number } = {},
): Promise<T> {
  const { client, location, signal, moveTo } = session
  for (let trial = 1; ; trial++) {
    try {
      return await request(client, signal ? { abortSignal: signal } : {})
    } catch (error) {
      signal?.throwIfAborted()
      const region = regionOf(error)
      if (region && region !== (await client.config.region())) moveTo(region)
      else if (trial === tries || !isTransient(error)) {
        throw translateS3Error(error, { doing, place: formatS3Location(location), bucket: location.bucket })
      } else {
        const wait = random() * Math.min(longestWait, firstWait * 2 ** (trial - 1))
        await sleep(wait, undefined, signal ? { signal } : {})
      }
    }
  }
}
