import { isMap, isScalar, isSeq, type Node } from 'yaml'
import type { SpecNode } from './spec.ts'

/** A node of the YAML tree that an alias may name. */
export type Anchored = Node & { readonly anchor?: string | undefined }

/** Every node with an anchor, in the order of the text. */
export function anchoredNodes(contents: unknown): readonly Anchored[] {
  const found: Anchored[] = []
  const queue = [contents]
  for (let index = 0; index < queue.length; index++) {
    const node = queue[index]
    if (isMap(node)) for (const { key, value } of node.items) queue.push(key, value)
    if (isSeq(node)) queue.push(...node.items)
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor) found.push(node)
  }
  return found.sort((a, b) => (a.range?.[0] ?? 0) - (b.range?.[0] ?? 0))
}

/** The nodes right below this one. */
export function childrenOf(node: SpecNode): readonly SpecNode[] {
  if (node.kind === 'sequence') return node.items
  const mapping = node.kind === 'tagged' ? node.args : node
  return mapping.kind === 'mapping' ? mapping.entries.map(({ value }) => value) : []
}

/** True for an unquoted `<<`. */
export function isMergeKey(key: Node): boolean {
  return isScalar(key) && (key.source ?? key.value) === '<<' && key.type === 'PLAIN'
}

/** What is wrong with a key that begins with a space which is none to YAML, such as editors and web pages leave; in quotes it is meant. */
export function foreignSpace(key: Node): string | undefined {
  const text = isScalar(key) && key.type === 'PLAIN' ? String(key.source ?? key.value) : ''
  if (!/^\s/.test(text)) return undefined
  const code = text.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
  return `the line is indented with U+${code}, which is no space to YAML but a letter of the key`
}
