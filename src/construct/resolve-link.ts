import { FlambeError } from '../errors.ts'
import type { ComponentConfig, Config } from './config.ts'
import { isComponentConfig, isLinkConfig, isMapping, isRefConfig, unescapeKey } from './kinds.ts'
import { parseLink } from './link.ts'

/** The places of one config while it is built: which values are there already, and what a link finds. */
export class LinkScope {
  readonly #root: ComponentConfig
  readonly #values = new Map<string, unknown>()
  readonly #ids: ReadonlyMap<string, readonly string[]>

  constructor(root: ComponentConfig) {
    this.#root = root
    this.#ids = new Map(idsIn(root, []))
  }

  set(path: readonly string[], value: unknown): void {
    this.#values.set(keyOf(path), value)
  }

  /** The value that the link at `owner` means. Its target must be built, so it stands above and is no parent. */
  resolve(text: string, owner: readonly string[]): unknown {
    const { root, keys, attributes } = parseLink(text)
    const target = this.#follow([root, ...keys], { text, seen: new Set() })
    const key = keyOf(target)
    if (!this.#values.has(key)) throw invalid(text, owner, reasonNotBuilt(target, owner))
    return attributes.reduce<unknown>(
      (value, name) => attribute(value, name, { text, owner }),
      this.#values.get(key),
    )
  }

  /** Where a path leads once the links and shared instances on it are followed. */
  #follow(path: readonly string[], { text, seen }: { text: string; seen: Set<string> }): readonly string[] {
    if (seen.has(keyOf(path))) throw invalid(text, path, 'it leads back to itself')
    seen.add(keyOf(path))
    let config: Config = this.#root
    for (const [index, name] of path.entries()) {
      config = child(config, name, { text, index })
      const rest = path.slice(index + 1)
      if (rest.length === 0) break
      if (isLinkConfig(config)) {
        const link = parseLink(config.$link)
        if (link.attributes.length > 0)
          throw invalid(text, path, `"${name}" is a link to an attribute: no key leads on`)
        return this.#follow([link.root, ...link.keys, ...rest], { text, seen })
      }
      if (isRefConfig(config))
        return this.#follow([...(this.#ids.get(config.$ref) ?? []), ...rest], { text, seen })
    }
    return path
  }
}

function child(config: Config, name: string, { text, index }: { text: string; index: number }): Config {
  const inner = isMapping(config) && isComponentConfig(config) ? config.args : config
  const found = Array.isArray(inner)
    ? inner[Number(name)]
    : isMapping(inner)
      ? Object.entries(inner).find(([key]) => unescapeKey(key) === name)?.[1]
      : undefined
  if (found !== undefined) return found
  const known = isMapping(inner) ? Object.keys(inner).map(unescapeKey) : []
  const what = index === 0 ? `the top object has no argument "${name}"` : `there is no key "${name}"`
  throw new FlambeError('LINK_INVALID', `the link "${text}" cannot be resolved: ${what}`, {
    ...(known.length > 0 && { hint: `there is ${known.join(', ')}` }),
  })
}

function reasonNotBuilt(target: readonly string[], owner: readonly string[]): string {
  const isParent = target.every((name, index) => owner[index] === name)
  return isParent
    ? `"${target.join('.')}" holds the link itself; only what is not a parent can be linked to`
    : `"${target.join('.')}" stands below it; only what stands above can be linked to`
}

function attribute(
  value: unknown,
  name: string,
  { text, owner }: { text: string; owner: readonly string[] },
): unknown {
  if (typeof value === 'object' && value !== null && name in value) return Reflect.get(value, name)
  throw invalid(text, owner, `the object has no attribute "${name}"`)
}

function invalid(text: string, owner: readonly string[], why: string): FlambeError {
  return new FlambeError(
    'LINK_INVALID',
    `the link "${text}" at ${owner.join('.')} cannot be resolved: ${why}`,
  )
}

function* idsIn(config: Config, path: readonly string[]): Generator<[string, readonly string[]]> {
  if (Array.isArray(config)) {
    for (const [index, item] of config.entries()) yield* idsIn(item, [...path, `${index}`])
  } else if (isMapping(config)) {
    if (isComponentConfig(config) && config.$id !== undefined) yield [config.$id, path]
    for (const [key, item] of Object.entries(isComponentConfig(config) ? config.args : config)) {
      yield* idsIn(item, [...path, unescapeKey(key)])
    }
  }
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path)
}
