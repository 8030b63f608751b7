import { type ComponentConfig, type Config, isComponentConfig, isMapping } from '../construct/index.ts'

/** Every `$type` in a config. */
export function typesIn(config: Config): string[] {
  if (Array.isArray(config)) return config.flatMap(typesIn)
  if (!isMapping(config)) return []
  if (isComponentConfig(config)) return [config.$type, ...Object.values(config.args).flatMap(typesIn)]
  return Object.values(config).flatMap((item) => typesIn(item))
}

/** True where the config needs nothing outside itself: no link, and no reference to an instance that is not in it. */
export function standsAlone(config: Config): boolean {
  const text = JSON.stringify(config)
  if (text.includes('"$link":')) return false
  const ids = new Set([...text.matchAll(/"\$id":("(?:[^"\\]|\\.)*")/g)].map(([, id]) => id))
  return [...text.matchAll(/"\$ref":("(?:[^"\\]|\\.)*")/g)].every(([, ref]) => ids.has(ref))
}

/** The config with other names for its classes. */
export function renameTypes(config: ComponentConfig, rename: (type: string) => string): ComponentConfig {
  const any = (value: Config): Config => {
    if (Array.isArray(value)) return value.map(any)
    if (!isMapping(value)) return value
    return isComponentConfig(value) ? renameTypes(value, rename) : mapping(value)
  }
  const mapping = (values: { readonly [key: string]: Config }) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, any(value)]))
  return { ...config, $type: rename(config.$type), args: mapping(config.args) }
}
