import { FlambeError } from '../errors.ts'
import { nodesOf } from './nodes.ts'
import type { ComponentObject } from './object.ts'

/** Runs `setup` of every component that is part of `root`, parts before what holds them, one after the other. */
export async function setupAll(
  root: ComponentObject,
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  for (const object of parts(root)) {
    signal?.throwIfAborted()
    try {
      await object.setup?.()
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new FlambeError('COMPONENT_FAILED', `setup of ${object.constructor.name} failed: ${reason}`, {
        cause,
      })
    }
  }
}

/** Runs `close` of every part, in the opposite order; all of them, then the first failure is thrown. */
export async function closeAll(root: ComponentObject): Promise<void> {
  const failures: unknown[] = []
  for (const object of parts(root).toReversed()) {
    try {
      await object.close?.()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length === 0) return
  throw new FlambeError('COMPONENT_FAILED', 'a component failed to close', { cause: failures[0] })
}

function parts(root: ComponentObject): readonly ComponentObject[] {
  return nodesOf(root)
    .filter(({ same }) => same === undefined)
    .map(({ object }) => object)
    .toReversed()
}
