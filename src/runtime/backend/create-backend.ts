import type { Backend, ComponentSource } from '../exchange.ts'
import { createInlineBackend } from './inline.ts'
import { createPoolBackend, type PoolOptions } from './pool.ts'

/** What answers for the component at `source`: workers, or this thread where `workers` is 0. */
export function createBackend(source: ComponentSource, options: PoolOptions): Backend {
  return options.workers === 0 ? createInlineBackend(source, options) : createPoolBackend(source, options)
}
