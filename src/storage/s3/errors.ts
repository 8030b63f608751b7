import { type ErrorCode, FlambeError } from '../../errors.ts'
import { describe, isTrust } from './failure.ts'

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
    hint: 'docs/05-s3.md has the policy that they need',
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

/** A failure of a request as ours: what was done, where, why, and what to do. */
export function translateS3Error(
  error: unknown,
  { doing, place, bucket }: { doing: string; place: string; bucket: string },
): FlambeError {
  if (error instanceof FlambeError) return error
  const { name, status, message } = describe(error)
  const row = rows[name] ?? (status === 403 ? rows['AccessDenied'] : undefined)
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
