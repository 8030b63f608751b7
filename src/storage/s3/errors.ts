import { type ErrorCode, FlambeError } from '../../errors.ts'

type Row = { readonly code: ErrorCode; readonly says: (bucket: string) => string; readonly hint: string }

/** By the error code of S3 or of the SDK: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const rows: Readonly<Record<string, Row>> = {
  NoSuchBucket: {
    code: 'DESTINATION_INVALID',
    says: (bucket) => `there is no bucket "${bucket}"`,
    hint: 'create it first, or check the name, the endpoint and the account',
  },
  InvalidBucketName: {
    code: 'DESTINATION_INVALID',
    says: (bucket) => `the store does not take "${bucket}" as the name of a bucket`,
    hint: 'a bucket name has 3 to 63 lower-case letters, digits, dots and hyphens',
  },
  AccessDenied: {
    code: 'DENIED',
    says: (bucket) => `these credentials may not do that in bucket "${bucket}"`,
    hint: 'they need s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload',
  },
  InvalidAccessKeyId: {
    code: 'DENIED',
    says: () => 'the store does not know this access key',
    hint: 'check AWS_ACCESS_KEY_ID or the profile',
  },
  SignatureDoesNotMatch: {
    code: 'DENIED',
    says: () => 'the secret key does not fit the access key',
    hint: 'check AWS_SECRET_ACCESS_KEY or the profile',
  },
  ExpiredToken: {
    code: 'DENIED',
    says: () => 'the credentials have expired',
    hint: 'sign in again (aws sso login, or new temporary credentials); the same command then goes on where it stopped',
  },
  RequestTimeTooSkewed: {
    code: 'UNAVAILABLE',
    says: () => "this machine's clock differs too much from the store's",
    hint: 'set the clock (timedatectl set-ntp true)',
  },
  CredentialsProviderError: {
    code: 'DENIED',
    says: () => 'no AWS credentials were found',
    hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or sign in with aws sso login',
  },
  PermanentRedirect: {
    code: 'UNAVAILABLE',
    says: (bucket) => `bucket "${bucket}" is in another region`,
    hint: 'set AWS_REGION, or region in the s3 section',
  },
  SlowDown: {
    code: 'UNAVAILABLE',
    says: () => 'the store keeps asking to slow down',
    hint: 'try again later: what was sent already is not sent again',
  },
}

const alike: Readonly<Record<string, string>> = {
  Forbidden: 'AccessDenied',
  AllAccessDisabled: 'AccessDenied',
  TokenRefreshRequired: 'ExpiredToken',
  ExpiredTokenException: 'ExpiredToken',
  InvalidToken: 'ExpiredToken',
  AuthorizationHeaderMalformed: 'PermanentRedirect',
  IllegalLocationConstraintException: 'PermanentRedirect',
  ServiceUnavailable: 'SlowDown',
  RequestLimitExceeded: 'SlowDown',
  ThrottlingException: 'SlowDown',
}

/** A failure of a request as ours: what was done, where, why, and what to do. */
export function translateS3Error(
  error: unknown,
  { doing, place, bucket }: { doing: string; place: string; bucket: string },
): FlambeError {
  if (error instanceof FlambeError) return error
  const { name, status, message } = describe(error)
  const row = rows[alike[name] ?? name] ?? (status === 403 ? rows['AccessDenied'] : undefined)
  if (row) {
    return new FlambeError(row.code, `${doing} ${place}: ${row.says(bucket)}`, {
      cause: error,
      hint: row.hint,
    })
  }
  const says =
    status === undefined ? `the store did not answer (${message})` : `the store answered ${status} ${name}`
  return new FlambeError('UNAVAILABLE', `${doing} ${place}: ${says}`, {
    cause: error,
    hint: 'check the endpoint (AWS_ENDPOINT_URL_S3) and the network; the same command goes on where it stopped',
  })
}

/** True for what a second try may mend: throttling, the store's own faults, a broken connection. */
export function isTransient(error: unknown): boolean {
  const { name, status } = describe(error)
  if (alike[name] === 'SlowDown' || name === 'SlowDown' || name === 'RequestTimeout') return true
  if (status !== undefined) return status >= 500 || status === 429
  return error instanceof Error && ('code' in error || name === 'TimeoutError')
}

/** True where the store says that the object, or the upload, is not there. */
export function isMissing(error: unknown): boolean {
  const { name, status } = describe(error)
  return (
    name === 'NoSuchKey' ||
    name === 'NotFound' ||
    name === 'NoSuchUpload' ||
    (status === 404 && name !== 'NoSuchBucket')
  )
}

/** True where a conditional write lost: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export function isConflict(error: unknown): boolean {
  const { status } = describe(error)
  return status === 412 || status === 409
}

function describe(error: unknown): { name: string; status: number | undefined; message: string } {
  if (!(error instanceof Error)) return { name: 'Error', status: undefined, message: String(error) }
  const { $metadata } = error as Error & { readonly $metadata?: { readonly httpStatusCode?: number } }
  return { name: error.name, status: $metadata?.httpStatusCode, message: error.message }
}
