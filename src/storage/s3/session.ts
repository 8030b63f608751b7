import type { S3Client } from '@aws-sdk/client-s3'
import { backOff, tries } from './back-off.ts'
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
  /** Says how long is waited before a request is made again: from 0 up to 1. */
  readonly random?: (() => number) | undefined
}

type OpenSessionOptions = Partial<Pick<S3Session, 'options' | 'signal' | 'random'>>

export async function openS3Session(
  location: S3Location,
  { options = {}, signal, random }: OpenSessionOptions = {},
): Promise<S3Session> {
  return { ...(await connect(options)), location, options, signal, random }
}

/** The same session for another place of the same bucket. */
export function atPrefix(session: S3Session, prefix: string): S3Session {
  return { ...session, location: { ...session.location, prefix } }
}

type Request<T> = (client: S3Client, abort: { readonly abortSignal?: AbortSignal }) => Promise<T>

/**
 * Runs one request, `doing` being what it is for. What fails for a passing reason is tried again, waiting longer
 * each time with full jitter, so `request` must open its body afresh; a bucket of another region is followed.
 * What fails for good is told as ours.
 */
export async function attempt<T>(session: S3Session, doing: string, request: Request<T>): Promise<T> {
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
      } else await backOff(trial, session)
    }
  }
}
