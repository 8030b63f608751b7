import { mapping } from '../mapping.ts'
import { formatPlatform } from '../registry/platform.ts'
import { type ImageDescription, type LayerDescription, ownCommand } from './description.ts'

type Described = Omit<ImageDescription, 'reference' | 'id' | 'digest' | 'size' | 'layers'>

/** What an image's config says of it: https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md */
export type ParsedConfig = Described & {
  /** One for each layer, as far as the history goes. */
  readonly titles: readonly Pick<LayerDescription, 'title' | 'isBase'>[]
}

type Json = { readonly [key: string]: unknown }

export function describeConfig(bytes: Uint8Array): ParsedConfig {
  const json = mapping(JSON.parse(Buffer.from(bytes).toString('utf8')))
  const config = mapping(json['config'])
  const labels = Object.fromEntries(
    Object.entries(mapping(config['Labels'])).filter(
      (pair): pair is [string, string] => typeof pair[1] === 'string',
    ),
  )
  const [name, digest] = ['name', 'digest'].map((key) => labels[`org.opencontainers.image.base.${key}`])
  const [os, architecture, variant] = ['os', 'architecture', 'variant'].map((key) => text(json[key]))
  return {
    platform: formatPlatform({
      os: os ?? 'unknown',
      architecture: architecture ?? 'unknown',
      ...(variant && { variant }),
    }),
    ...(text(json['created']) !== undefined && { created: text(json['created']) ?? '' }),
    base: { ...(name && { name }), ...(digest && { digest }) },
    start: {
      entrypoint: [...strings(config['Entrypoint']), ...strings(config['Cmd'])],
      user: text(config['User']) || 'root',
      ports: Object.keys(mapping(config['ExposedPorts'])),
      env: strings(config['Env']),
    },
    labels,
    titles: titlesOf(Array.isArray(json['history']) ? json['history'].map(mapping) : []),
  }
}

function titlesOf(history: readonly Json[]): ParsedConfig['titles'] {
  return history
    .filter((entry) => entry['empty_layer'] !== true)
    .map((entry) => {
      const by = text(entry['created_by']) ?? ''
      const isBase = by !== ownCommand
      // Old engines write commands as their shell got them.
      const command = by.replace(/^\/bin\/sh -c (#\(nop\) +)?/, '')
      return {
        title: (isBase ? command : text(entry['comment'])) || text(entry['comment']) || 'unknown',
        isBase,
      }
    })
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
const strings = (value: unknown) =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
