import { Flags, type Interfaces } from '@oclif/core'
import type { S3Options } from '../storage/index.ts'

const helpGroup = 'S3'
const text = (description: string, helpValue: string) => Flags.string({ description, helpValue, helpGroup })

/** The flags of every command that reads or changes a place in S3: the keys of a spec's `s3` section. */
export const s3Flags = {
  region: text('region of the bucket (default: AWS_REGION, the profile)', 'NAME'),
  endpoint: text('store that speaks S3 (default: AWS_ENDPOINT_URL_S3, the profile, AWS)', 'URL'),
  'force-path-style': Flags.boolean({
    description: 'name the bucket in the path, or with --no- in the host (default: in the path, but at AWS)',
    allowNo: true,
    helpGroup,
  }),
  profile: text('profile of the AWS configuration files (default: AWS_PROFILE)', 'NAME'),
  'ca-bundle': text('PEM file of authorities to trust (default: AWS_CA_BUNDLE, the profile)', 'FILE'),
  'requester-pays': Flags.boolean({
    description: 'pay for the requests to a bucket that asks for it',
    helpGroup,
  }),
}

/** The same, with how what is written is to be kept. */
export const s3WriteFlags = {
  ...s3Flags,
  'server-side-encryption': Flags.option({
    description: 'how the store encrypts objects (default: as the bucket says)',
    options: ['AES256', 'aws:kms', 'aws:kms:dsse'] as const,
    helpGroup,
  })(),
  'sse-kms-key-id': text('key of aws:kms (default: as the bucket says)', 'ID'),
  acl: Flags.option({
    description: 'who may read objects (default: as the bucket says)',
    options: [
      'private',
      'public-read',
      'authenticated-read',
      'bucket-owner-read',
      'bucket-owner-full-control',
    ] as const,
    helpGroup,
  })(),
  'storage-class': text('storage class of objects (default: STANDARD)', 'CLASS'),
}

type Given = Partial<Interfaces.InferredFlags<typeof s3WriteFlags>>

/** The flags as the `s3` section that a spec would have. */
export function s3Options(flags: Given): S3Options {
  const options = {
    region: flags.region,
    endpoint: flags.endpoint,
    forcePathStyle: flags['force-path-style'],
    profile: flags.profile,
    caBundle: flags['ca-bundle'],
    requesterPays: flags['requester-pays'],
    serverSideEncryption: flags['server-side-encryption'],
    sseKmsKeyId: flags['sse-kms-key-id'],
    acl: flags.acl,
    storageClass: flags['storage-class'],
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
