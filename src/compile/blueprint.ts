import type { Blueprint } from '../component/index.ts'
import { type ComponentConfig, type Constructible, construct } from '../construct/index.ts'

/** A component that is described and not built: see `Blueprint`. */
export function createBlueprint(
  config: ComponentConfig,
  types: ReadonlyMap<string, Constructible>,
): Blueprint {
  return {
    config,
    with: (args) => createBlueprint({ ...config, args: { ...config.args, ...args } }, types),
    build: ({ signal } = {}) => construct(config, { types, ...(signal && { signal }) }),
  }
}
