import type { ComponentConfig, Config, FileConfig, LinkConfig, RefConfig, ValueConfig } from './config.ts'

type Mapping = { readonly [key: string]: Config }

const has = <K extends string>(config: Config, key: K): config is Mapping & { readonly [key in K]: Config } =>
  typeof config === 'object' && config !== null && !Array.isArray(config) && Object.hasOwn(config, key)

export const isComponentConfig = (config: Config): config is ComponentConfig => has(config, '$type')
export const isRefConfig = (config: Config): config is RefConfig => has(config, '$ref')
export const isLinkConfig = (config: Config): config is LinkConfig => has(config, '$link')
export const isFileConfig = (config: Config): config is FileConfig => has(config, '$file')
export const isValueConfig = (config: Config): config is ValueConfig => has(config, '$value')
export const isMapping = (config: Config): config is Mapping =>
  typeof config === 'object' && config !== null && !Array.isArray(config)

/** A user's own key as it stands in a config, where `$type`, `$ref` … are ours. */
export const escapeKey = (key: string): string => (key.startsWith('$') ? `$${key}` : key)
export const unescapeKey = (key: string): string => (key.startsWith('$$') ? key.slice(1) : key)
