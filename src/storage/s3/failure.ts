import { FlambeError } from '../../errors.ts'

/** True for what a second try may mend: throttling, the store's own faults, a clock that was set right, a broken connection. */
export function isTransient(error: unknown): boolean {
  if (error instanceof FlambeError) return false
  const { name, status, clockCorrected } = describe(error)
  if (name === 'SlowDown' || name === 'RequestTimeout') return true
  if (clockCorrected) return true
  if (name === 'QuotaExceeded') return false
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
  return status === 501 || status === 405 || name === 'NotImplemented'
}

/** True where these credentials may not do it. */
export function isDenied(error: unknown): boolean {
  return error instanceof FlambeError ? error.code === 'DENIED' : describe(error).status === 403
}

/** True where the certificate of the store is not trusted: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
export function isTrust(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /CERT|UNABLE_TO_(VERIFY|GET)|ERR_TLS/.test(code)
}

type Described = {
  /** The code of S3, where several mean the same one of them. */
  readonly name: string
  readonly status: number | undefined
  readonly message: string
  readonly region: string | undefined
  readonly clockCorrected: boolean
}

/** The parts of an SDK's error that say what happened; a failure of ours speaks for the one that caused it. */
export function describe(error: unknown): Described {
  if (error instanceof FlambeError) return describe(error.cause)
  const { name, message, status, Region, $metadata, $response } = (error instanceof Error ? error : {}) as {
    readonly name?: string
    readonly message?: string
    /** Of a server of files. */
    readonly status?: number
    /** Of an answer's body: many stores have it there alone. */
    readonly Region?: string
    readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean }
    readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
  }
  return {
    name: alike[name ?? ''] ?? name ?? 'Error',
    status: $metadata?.httpStatusCode ?? status,
    message: message ?? String(error),
    region: $response?.headers?.['x-amz-bucket-region'] ?? Region,
    clockCorrected: $metadata?.clockSkewCorrected === true,
  }
}

/** Codes that stores use for what S3 has another code for. */
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
