import type { Blueprint } from '../component/index.ts'
import { type ComponentConfig, type ConstructOptions, construct } from '../construct/index.ts'

/** A component that is described and not built: see `Blueprint`. */
export function createBlueprint(
  config: ComponentConfig,
  known: Pick<ConstructOptions, 'types' | 'parameters' | 'load'>,
): Blueprint {
  return {
    config,
    with: (args) => createBlueprint({ ...config, args: { ...config.args, ...args } }, known),
    build: ({ signal } = {}) => construct(config, { ...known, ...(signal && { signal }) }),
  }
}
