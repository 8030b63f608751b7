import { FlambeError } from '../../errors.ts'

/** A place in S3: `prefix` has no `/` at its ends; empty for the bucket's root. */
export type S3Location = { readonly bucket: string; readonly prefix: string }

const form = 's3://<bucket-name>[/path/to/dir]'

/** Reads `s3://bucket/path`, or a bare bucket name as the original's documentation writes it. */
export function parseS3Location(destination: string): S3Location {
  const match = /^(?:s3:\/\/)?([^/]*)(?:\/(.*))?$/s.exec(destination)
  const [, bucket = '', path = ''] = match ?? []
  if (!match || (destination.includes('://') && !destination.startsWith('s3://')))
    throw wrongForm(destination)
  checkBucketName(bucket, destination)
  const prefix = path.replace(/^\/+|\/+$/g, '')
  if (/\/\/|(^|\/)\.\.?(\/|$)/.test(prefix)) throw wrongForm(destination)
  return { bucket, prefix }
}

/** The URL that `load` takes. */
export function formatS3Location({ bucket, prefix }: S3Location): string {
  return prefix ? `s3://${bucket}/${prefix}` : `s3://${bucket}`
}

/** The key of a file of the artifact at `location`. */
export function keyOf({ prefix }: Pick<S3Location, 'prefix'>, path: string): string {
  return prefix ? `${prefix}/${path}` : path
}

function wrongForm(destination: string): FlambeError {
  return new FlambeError(
    'DESTINATION_INVALID',
    `When uploading to s3, destination should be: ${form}; this one is "${destination}"`,
  )
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function checkBucketName(bucket: string, destination: string): void {
  if (bucket === '') throw wrongForm(destination)
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) && !bucket.includes('..')) return
  throw new FlambeError('DESTINATION_INVALID', `"${bucket}" cannot be the name of an S3 bucket`, {
    hint: `a bucket name has 3 to 63 lower-case letters, digits, dots and hyphens; the destination has the form ${form}`,
  })
}
