import type { Image } from '../image.ts'
import { mapping } from '../mapping.ts'

/** What an image takes over from its base. https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md */
export type BaseConfig = {
  /** `NAME=VALUE`. */
  readonly env: readonly string[]
  readonly labels: { readonly [name: string]: string }
  /** One entry a layer, and any number of empty ones; of a base without them, made up. */
  readonly history: readonly HistoryEntry[]
}

export type HistoryEntry = { readonly [name: string]: unknown; readonly empty_layer?: boolean }

export function parseBaseConfig({ config, layers }: Image): BaseConfig {
  const json = mapping(JSON.parse(Buffer.from(config.bytes).toString('utf8')))
  const { Env, Labels } = mapping(json['config'])
  const history = (Array.isArray(json['history']) ? json['history'] : []).map(mapping)
  // Tools want an entry for each layer, and some builders write none.
  const isComplete = history.filter((entry) => entry['empty_layer'] !== true).length === layers.length
  return {
    env: Array.isArray(Env) ? Env.filter((one) => typeof one === 'string') : [],
    labels: Object.fromEntries(
      Object.entries(mapping(Labels)).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    ),
    history: isComplete ? history : layers.map(({ digest }) => ({ comment: `layer ${digest} of the base` })),
  }
}
