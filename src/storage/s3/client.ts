import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { translateS3Error } from './errors.ts'
import { formatS3Location, type S3Location } from './location.ts'
import type { S3Options } from './options.ts'

/** The SDK, a client and a place: what every request of this backend is made with. */
export type S3Session = {
  readonly sdk: typeof import('@aws-sdk/client-s3')
  readonly client: S3Client
  readonly location: S3Location
  readonly options: S3Options
  readonly signal: AbortSignal | undefined
}

/** Opens a session by the SDK's own chain of credentials, profiles, endpoints and regions. */
export async function openS3Session(
  location: S3Location,
  { options = {}, signal }: { options?: S3Options; signal?: AbortSignal } = {},
): Promise<S3Session> {
  const sdk = await import('@aws-sdk/client-s3')
  const { region, endpoint, profile } = options
  const config: S3ClientConfig = {
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    ...(profile && { profile }),
    // It writes to the console otherwise; what matters is thrown.
    logger: { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet },
    maxAttempts: 6,
    followRegionRedirects: true,
    // The newer default checksums are refused by many compatible stores.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 120_000, httpsAgent: { maxSockets: 32 } },
  }
  const probe = new sdk.S3Client(config)
  const client = new sdk.S3Client({
    ...config,
    ...(region ? {} : { region: await probe.config.region().catch(() => 'us-east-1') }),
    forcePathStyle: options.forcePathStyle ?? (await hasOwnEndpoint(probe, endpoint)),
  })
  return { sdk, client, location, options, signal }
}

const quiet = () => {}

/** Runs one request; its failure is told as ours, with what was being done. */
export async function attempt<T>(
  session: S3Session,
  doing: string,
  request: (client: S3Client, abort: { abortSignal?: AbortSignal }) => Promise<T>,
): Promise<T> {
  const { client, location, signal } = session
  try {
    return await request(client, signal ? { abortSignal: signal } : {})
  } catch (error) {
    signal?.throwIfAborted()
    throw translateS3Error(error, { doing, place: formatS3Location(location), bucket: location.bucket })
  }
}

/** Only AWS itself answers at `bucket.host`: other stores are asked by path unless the user says otherwise. */
async function hasOwnEndpoint(client: S3Client, endpoint: string | undefined): Promise<boolean> {
  const configured = endpoint ?? (await configuredEndpoint(client.config))
  return configured !== undefined && !/\.amazonaws\.com(\.cn)?(:|\/|$)/.test(configured)
}

async function configuredEndpoint(config: object): Promise<string | undefined> {
  const { serviceConfiguredEndpoint: read } = config as {
    readonly serviceConfiguredEndpoint?: () => Promise<string | undefined>
  }
  return read?.()
}
