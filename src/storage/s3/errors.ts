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
    hint: 'docs/s3.md has the policy that they need',
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
  EntityTooLarge: {
    code: 'DESTINATION_INVALID',
    says: () => 'the store does not take an object of this size',
    hint: 'ask who runs it for a higher limit',
  },
  QuotaExceeded: {
    code: 'DISK_FULL',
    says: () => 'the store has no space left',
    hint: 'remove what is not needed (flambe rm), or ask who runs it for more',
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
  TooManyRequests: 'SlowDown',
  XMinioStorageFull: 'QuotaExceeded',
  InsufficientCapacity: 'QuotaExceeded',
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
    hint: isTrust(error)
      ? 'name the file of the authority that signed its certificate in AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS'
      : 'check the endpoint (AWS_ENDPOINT_URL_S3) and the network; the same command goes on where it stopped',
  })
}

/** True for what a second try may mend: throttling, the store's own faults, a clock that was set right, a broken connection. */
export function isTransient(error: unknown): boolean {
  if (error instanceof FlambeError) return false
  const { name, status, clockCorrected } = describe(error)
  if (alike[name] === 'SlowDown' || name === 'SlowDown' || name === 'RequestTimeout') return true
  if (clockCorrected) return true
  if (rows[alike[name] ?? name]?.code === 'DISK_FULL') return false
  if (status !== undefined) return (status >= 500 && status !== 501) || status === 429
  return error instanceof Error && ('code' in error || name === 'TimeoutError') && !isTrust(error)
}

/** The region that the store says the bucket is in, where that is why a request failed. */
export function regionOf(error: unknown): string | undefined {
  const { status, region } = describe(error)
  return status === 301 || status === 307 || status === 400 ? region : undefined
}

/** True where the store says that the object, or the upload, is not there. */
export function isMissing(error: unknown): boolean {
  const { name, status } = describe(error)
  return name === 'NoSuchKey' || name === 'NoSuchUpload' || (status === 404 && name !== 'NoSuchBucket')
}

/** True where a multipart upload was ended by another process, or is being ended right now. */
export function isEnded(error: unknown): boolean {
  return isMissing(error) || describe(error).name === 'InvalidPart'
}

/** True where a conditional write lost: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export function isConflict(error: unknown): boolean {
  const { status } = describe(error)
  return status === 412 || status === 409
}

/** True where the store does not know a kind of request, or a condition on one. */
export function isUnknown(error: unknown): boolean {
  const { name, status } = describe(error)
  return status === 501 || status === 405 || name === 'NotImplemented' || name === 'MethodNotAllowed'
}

/** True where these credentials may not do it. */
export function isDenied(error: unknown): boolean {
  return error instanceof FlambeError ? error.code === 'DENIED' : describe(error).status === 403
}

/** True where the certificate of the store is not trusted: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function isTrust(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /CERT|UNABLE_TO_(VERIFY|GET)|ERR_TLS/.test(code)
}

type Described = {
  readonly name: string
  readonly status: number | undefined
  readonly message: string
  readonly region: string | undefined
  readonly clockCorrected: boolean
}

/** The parts of an SDK's error that say what happened; a failure of ours speaks for the one that caused it. */
function describe(error: unknown): Described {
  if (error instanceof FlambeError) return describe(error.cause)
  const { name, message, $metadata, $response } = (error instanceof Error ? error : {}) as {
    readonly name?: string
    readonly message?: string
    readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean }
    readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
  }
  return {
    name: name ?? 'Error',
    status: $metadata?.httpStatusCode,
    message: message ?? String(error),
    region: $response?.headers?.['x-amz-bucket-region'],
    clockCorrected: $metadata?.clockSkewCorrected === true,
  }
}
