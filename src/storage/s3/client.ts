import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { configuredAuthorities, configuredEndpoint } from './configured.ts'
import type { S3Options } from './options.ts'

type Sdk = typeof import('@aws-sdk/client-s3')

/** A client by the SDK's own chain of credentials, profiles, endpoints and regions; `moveTo` changes its region. */
export type Connection = {
  readonly sdk: Sdk
  readonly client: S3Client
  readonly moveTo: (region: string) => void
}

export async function connect(options: S3Options): Promise<Connection> {
  const [sdk, config] = await Promise.all([import('@aws-sdk/client-s3'), configOf(options)])
  let region = options.region ?? (await new sdk.S3Client(config).config.region().catch(() => 'us-east-1'))
  return {
    sdk,
    client: new sdk.S3Client({ ...config, region: async () => region }),
    moveTo: (to) => {
      region = to
    },
  }
}

async function configOf(options: S3Options): Promise<S3ClientConfig> {
  const [endpoint, ca] = await Promise.all([configuredEndpoint(options), configuredAuthorities(options)])
  const { profile, forcePathStyle = isOther(endpoint) } = options
  return {
    ...(endpoint && { endpoint }),
    ...(profile && { profile }),
    forcePathStyle,
    // It writes to the console otherwise; what matters is thrown.
    logger: { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet },
    // `attempt` tries again: it can rewind a stream, and the SDK cannot.
    maxAttempts: 1,
    // The newer default checksums are refused by many compatible stores.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // The idle time is bounded, and not the whole: a slow line is no fault.
    requestHandler: {
      connectionTimeout: 10_000,
      socketTimeout: 60_000,
      httpsAgent: { maxSockets: 50, ...(ca && { ca }) },
    },
  }
}

const quiet = () => {}

/** Only AWS itself answers at `bucket.host`: other stores are asked by path unless the user says otherwise. */
function isOther(endpoint: string | undefined): boolean {
  return endpoint !== undefined && !/\.amazonaws\.com(\.cn)?(:|\/|$)/.test(endpoint)
}
