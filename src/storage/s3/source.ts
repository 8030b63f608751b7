import { formatS3Location, type S3Location } from './location.ts'
import { type Readable, readStretch, type Stretch } from './read.ts'
import type { S3Session } from './session.ts'

/** Where the files of an artifact are brought from: a place in S3, or the same objects at a public URL. */
export type Source = {
  /** What stands before the keys of its objects. */
  readonly location: Pick<S3Location, 'prefix'>
  /** The place as people write it. */
  readonly url: string
  readonly signal: AbortSignal | undefined
  /** Reads a stretch of an object, trying again what breaks off. */
  readonly read: (object: Readable, stretch: Stretch) => Promise<void>
}

export function s3Source(session: S3Session): Source {
  const { location, signal } = session
  return {
    location,
    url: formatS3Location(location),
    signal,
    read: (object, stretch) => readStretch(session, object, stretch),
  }
}
