import { parseLink } from '../construct/index.ts'
import { FlambeError } from '../errors.ts'
import type { SpecNode, TaggedNode } from '../spec/index.ts'

/**
 * What is wrong with a link before anything is built: its form, its target's place, its order. Attributes are
 * known only once the target is built.
 */
export function linkProblem(
  text: string,
  { owner, top }: { readonly owner: readonly string[]; readonly top: TaggedNode },
): { readonly message: string; readonly hint?: string } | undefined {
  try {
    const { root, keys } = parseLink(text)
    return placeProblem(text, [root, ...keys], { owner, top })
  } catch (error) {
    if (!(error instanceof FlambeError)) throw error
    return { message: error.message, ...(error.hint !== undefined && { hint: error.hint }) }
  }
}

function placeProblem(
  text: string,
  target: readonly string[],
  { owner, top }: { owner: readonly string[]; top: TaggedNode },
): { message: string; hint?: string } | undefined {
  let node: SpecNode = top
  for (const [index, name] of target.entries()) {
    // What a link leads to, and what a factory made, is known only when it is built.
    if (node.kind === 'link') return undefined
    const names = namesIn(node)
    const next = childOf(node, name)
    if (next === undefined) {
      const what = index === 0 ? `the top object has no argument "${name}"` : `there is no key "${name}"`
      return {
        message: `the link "${text}" cannot be resolved: ${what}`,
        ...(names.length > 0 && { hint: `there is ${names.join(', ')}` }),
      }
    }
    node = next
  }
  if (target.every((name, index) => owner[index] === name)) {
    return {
      message: `the link "${text}" leads to what holds the link itself`,
      hint: 'link to something above it that is no parent',
    }
  }
  return isAbove(target, owner, top)
    ? undefined
    : { message: `the link "${text}" leads to something below it`, hint: 'move what it leads to above it' }
}

/** True where the target stands before the owner, at the first place where their ways part. */
function isAbove(target: readonly string[], owner: readonly string[], top: TaggedNode): boolean {
  let node: SpecNode = top
  for (const [index, name] of target.entries()) {
    const other = owner[index]
    if (other === undefined) return false
    if (other !== name) {
      const names = namesIn(node)
      return names.indexOf(name) < names.indexOf(other)
    }
    const next = childOf(node, name)
    if (next === undefined) return true
    node = next
  }
  return false
}

function namesIn(node: SpecNode): string[] {
  if (node.kind === 'tagged') return node.args.entries.map(({ key }) => key)
  if (node.kind === 'mapping') return node.entries.map(({ key }) => key)
  return node.kind === 'sequence' ? node.items.map((_, index) => `${index}`) : []
}

function childOf(node: SpecNode, name: string): SpecNode | undefined {
  if (node.kind === 'sequence') return node.items[Number(name)]
  const mapping = node.kind === 'tagged' ? node.args : node
  return mapping.kind === 'mapping' ? mapping.entries.find(({ key }) => key === name)?.value : undefined
}
