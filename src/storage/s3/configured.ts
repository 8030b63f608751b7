import { readFile } from 'node:fs/promises'
import { FlambeError } from '../../errors.ts'
import { nodeTls } from '../../files/index.ts'
import type { S3Options } from './options.ts'

/**
 * The URL of the store, from the section, else from the environment and the profile as the AWS tools read them:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html. The SDK reads it too, but says
 * nobody what it found, and looks into the default profile only.
 */
export async function configuredEndpoint({ endpoint, profile }: S3Options): Promise<string | undefined> {
  if (endpoint) return endpoint
  const { loadConfig } = await import('@smithy/core/config')
  const found = await loadConfig<string>(
    {
      environmentVariableSelector: ({ AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL }) =>
        AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL || undefined,
      configFileSelector: ({ services, endpoint_url }, file) =>
        file?.[`services.${services}`]?.['s3.endpoint_url'] ?? endpoint_url,
      default: '',
    },
    profile ? { profile } : {},
  )()
  return found || undefined
}

/** The authorities to trust beside Node's, as PEM; the SDK for JavaScript does not know the settings of the AWS tools. */
export async function configuredAuthorities({ caBundle, profile }: S3Options): Promise<string[] | undefined> {
  const { loadConfig } = await import('@smithy/core/config')
  const find = loadConfig<string>(
    {
      environmentVariableSelector: ({ AWS_CA_BUNDLE }) => AWS_CA_BUNDLE || undefined,
      configFileSelector: ({ ca_bundle }) => ca_bundle,
      default: '',
    },
    profile ? { profile } : {},
  )
  const file = caBundle ?? (await find())
  if (file === '') return undefined
  const pem = await readFile(file, 'utf8').catch((cause) => {
    const from = caBundle ? 'caBundle' : 'AWS_CA_BUNDLE or ca_bundle of the profile'
    throw new FlambeError('SOURCE_INVALID', `${file}, the authorities to trust, cannot be read`, {
      cause,
      hint: `name a PEM file in ${from}, or none to trust those that Node trusts`,
    })
  })
  return [...nodeTls().getCACertificates('default'), pem]
}
