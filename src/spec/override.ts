import type { Problem } from '../errors.ts'
import { Source } from './source.ts'
import type { MappingNode, SpecEntry, SpecNode, TaggedNode } from './spec.ts'
import { parseSyntax } from './syntax.ts'
import { TreeWalk } from './walk.ts'

/** `--set path=value`: names and list indexes joined by dots, from the Runnable's arguments on; the value is YAML. */
export type Override = { readonly path: string; readonly value: string }

/** The tree with the values that the overrides say. A shared node is changed only where the path goes. */
export function applyOverrides(
  root: TaggedNode,
  overrides: readonly Override[],
): { readonly root: TaggedNode; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const changed = overrides.reduce((tree, override) => {
    const source = new Source('--set', `${override.path}=${override.value}`)
    const fail = (message: string, hint?: string) =>
      void problems.push(source.problem(source.position(0), message, hint))
    const value = parseValue(override, problems)
    if (!value) return tree
    const set = (node: SpecNode, path: readonly string[]): SpecNode =>
      replace(node, path, { value, fail, whole: override.path })
    const next = set(tree, override.path.split('.'))
    return next.kind === 'tagged' ? next : tree
  }, root)
  return { root: changed, problems }
}

function parseValue({ path, value }: Override, problems: Problem[]): SpecNode | undefined {
  const source = new Source(`--set ${path}`, value)
  const { documents, problems: syntax } = parseSyntax(source)
  const [document] = documents
  const walk = document && new TreeWalk(document, source)
  const node = walk?.root() ?? { kind: 'scalar', value: null, position: source.position(0) }
  problems.push(...syntax, ...(walk?.problems ?? []))
  return syntax.length > 0 ? undefined : node
}

type Replacing = {
  readonly value: SpecNode
  readonly whole: string
  readonly fail: (message: string, hint?: string) => void
}

function replace(node: SpecNode, [name, ...rest]: readonly string[], replacing: Replacing): SpecNode {
  if (name === undefined) return replacing.value
  if (node.kind === 'tagged') return { ...node, args: replaceIn(node.args, [name, ...rest], replacing) }
  if (node.kind === 'mapping') return replaceIn(node, [name, ...rest], replacing)
  if (node.kind === 'sequence' && node.items[Number(name)]) {
    const items = node.items.map((item, index) =>
      index === Number(name) ? replace(item, rest, replacing) : item,
    )
    return { ...node, items }
  }
  const what = node.kind === 'sequence' ? `a list of ${node.items.length}` : 'a single value'
  replacing.fail(`--set ${replacing.whole}: "${name}" leads into ${what}`)
  return node
}

function replaceIn(
  node: MappingNode,
  [name = '', ...rest]: readonly string[],
  replacing: Replacing,
): MappingNode {
  const known = node.entries.find(({ key }) => key === name)
  if (known) {
    const value = replace(known.value, rest, replacing)
    return { ...node, entries: node.entries.map((entry) => (entry === known ? { ...entry, value } : entry)) }
  }
  if (rest.length > 0) {
    const names = node.entries.map(({ key }) => key).join(', ')
    replacing.fail(`--set ${replacing.whole}: there is no "${name}"`, names ? `there is ${names}` : undefined)
    return node
  }
  const entry: SpecEntry = { key: name, keyPosition: replacing.value.position, value: replacing.value }
  return { ...node, entries: [...node.entries, entry] }
}
