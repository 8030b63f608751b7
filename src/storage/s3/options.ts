/** What the `s3:` section of a spec may say. Everything else comes by the SDK's own chain (environment, profiles, roles). */
export type S3Options = {
  /** Default: the SDK's chain, else `us-east-1`. */
  readonly region?: string
  /** URL of an S3-compatible store. Default: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, else AWS. */
  readonly endpoint?: string
  /** Bucket in the path and not in the host name. Default: true for every endpoint but AWS's own. */
  readonly forcePathStyle?: boolean
  /** Named profile of the AWS configuration files. */
  readonly profile?: string
  /** The caller pays for requests to a requester-pays bucket. */
  readonly requesterPays?: boolean
  /** `AES256`, `aws:kms` or `aws:kms:dsse`. */
  readonly serverSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse'
  readonly sseKmsKeyId?: string
  readonly acl?:
    | 'private'
    | 'public-read'
    | 'authenticated-read'
    | 'bucket-owner-read'
    | 'bucket-owner-full-control'
  readonly storageClass?: string
}
