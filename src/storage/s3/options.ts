/** What the `s3:` section of a spec may say. Everything else comes by the SDK's own chain (environment, profiles, roles). */
export type S3Options = {
  /** Default: the SDK's chain, else `us-east-1`; a bucket that is elsewhere says so, and is followed. */
  readonly region?: string
  /** URL of an S3-compatible store. Default: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, else AWS. */
  readonly endpoint?: string
  /** Bucket in the path and not in the host name. Default: true for every endpoint but AWS's own. */
  readonly forcePathStyle?: boolean
  /** Named profile of the AWS configuration files. */
  readonly profile?: string
  /** PEM file of the authorities to trust. Default: `AWS_CA_BUNDLE`, `ca_bundle` of the profile, else Node's. */
  readonly caBundle?: string
  /** The caller pays for requests to a requester-pays bucket. */
  readonly requesterPays?: boolean
  readonly serverSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse'
  readonly sseKmsKeyId?: string
  readonly acl?:
    | 'private'
    | 'public-read'
    | 'authenticated-read'
    | 'bucket-owner-read'
    | 'bucket-owner-full-control'
  readonly storageClass?: StorageClass
}

/** Those that an object may be put with. Not the SDK's own type: its declarations are megabytes, and are read wherever ours are. */
type StorageClass =
  | 'STANDARD'
  | 'REDUCED_REDUNDANCY'
  | 'STANDARD_IA'
  | 'ONEZONE_IA'
  | 'INTELLIGENT_TIERING'
  | 'GLACIER'
  | 'GLACIER_IR'
  | 'DEEP_ARCHIVE'
  | 'OUTPOSTS'
  | 'SNOW'
  | 'EXPRESS_ONEZONE'

/** How the options want every new object to be stored, in the words of a request. */
export function objectOptions(options: S3Options) {
  const { serverSideEncryption, sseKmsKeyId, acl, storageClass } = options
  return {
    ...(serverSideEncryption && { ServerSideEncryption: serverSideEncryption }),
    ...(sseKmsKeyId && { SSEKMSKeyId: sseKmsKeyId }),
    ...(acl && { ACL: acl }),
    ...(storageClass && { StorageClass: storageClass }),
    ...payer(options),
  }
}

/** Who pays for a request, in the words of every request. */
export function payer({ requesterPays }: S3Options): { RequestPayer?: 'requester' } {
  return requesterPays ? { RequestPayer: 'requester' } : {}
}
