import type { ComponentConfig } from '../construct/index.ts'

/**
 * A component that is described and not built: what a Runnable gets for a component-valued argument. Each
 * `build` constructs a new object; nothing of the user's runs before it.
 */
export type Blueprint<T extends object = object> = {
  readonly config: ComponentConfig
  /** A blueprint with these arguments of the top object replaced; this one stays as it is. */
  readonly with: (args: ComponentConfig['args']) => Blueprint<T>
  readonly build: (options?: { readonly signal?: AbortSignal }) => Promise<T>
}
