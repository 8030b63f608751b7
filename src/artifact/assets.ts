import { basename, extname } from 'node:path'
import {
  type ComponentConfig,
  type Config,
  isComponentConfig,
  isFileConfig,
  isMapping,
} from '../construct/index.ts'

/** Where file assets go in the artifact: `assets/NAME`, numbered where two files have one name. */
export class AssetPaths {
  /** Source -> path in the artifact. */
  readonly paths = new Map<string, string>()

  /** The config with each `$file` as its path in the artifact. */
  rewrite(config: ComponentConfig): ComponentConfig {
    return { ...config, args: this.#mapping(config.args) }
  }

  #mapping(config: { readonly [key: string]: Config }): { readonly [key: string]: Config } {
    return Object.fromEntries(Object.entries(config).map(([key, item]) => [key, this.#any(item)]))
  }

  #any(config: Config): Config {
    if (Array.isArray(config)) return config.map((item) => this.#any(item))
    if (!isMapping(config)) return config
    if (isComponentConfig(config)) return this.rewrite(config)
    if (isFileConfig(config)) return { $file: this.#pathOf(config.$file) }
    return this.#mapping(config)
  }

  #pathOf(source: string): string {
    const known = this.paths.get(source)
    if (known !== undefined) return known
    // Folded: a disk may take `A.bin` and `a.bin` for one file.
    const taken = new Set([...this.paths.values()].map((path) => path.toLowerCase()))
    const name = basename(source)
    const stem = name.slice(0, name.length - extname(name).length)
    let path = `assets/${name}`
    for (let count = 2; taken.has(path.toLowerCase()); count++)
      path = `assets/${stem}-${count}${extname(name)}`
    this.paths.set(source, path)
    return path
  }
}
