import type { Position, Problem } from '../errors.ts'
import type { TaggedNode } from '../spec/index.ts'
import type { Catalog } from './catalog.ts'
import type { Definition } from './definition.ts'

/** What the checks of one spec share. */
export type Lowering = {
  readonly catalog: Catalog
  /** Folder of the spec. */
  readonly directory: string
  readonly report: (
    position: Position,
    message: string,
    hint?: string,
    severity?: Problem['severity'],
  ) => void
}

/** What a tag stands for; says why where it stands for nothing. */
export function resolveTag(node: TaggedNode, { catalog, report }: Lowering): Definition | undefined {
  const resolved = catalog.resolve(node.parts)
  if (!('definition' in resolved)) {
    report(node.position, resolved.message, resolved.hint)
    return undefined
  }
  if (resolved.warning) report(node.position, resolved.warning.message, resolved.warning.hint, 'warning')
  return resolved.definition
}
