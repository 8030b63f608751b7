import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { Position, Problem } from '../errors.ts'
import { linkTags, refusedTags, standardTags } from './reserved-tags.ts'
import type { Source } from './source.ts'
import type { MappingNode, SpecEntry, SpecNode } from './spec.ts'
import type { YamlDocument } from './syntax.ts'
import { type Anchored, anchoredNodes, childrenOf, foreignSpace, isMergeKey } from './yaml-nodes.ts'

const deepest = 200
/** Nodes once all aliases are written out. */
const mostExpanded = 200_000
const mostProblems = 100

type Visit = { readonly depth: number }

/** Turns one YAML document into the nodes of a spec, collecting every problem on the way. */
export class TreeWalk {
  readonly problems: Problem[] = []
  readonly #source: Source
  readonly #document: YamlDocument
  readonly #done = new Map<Node, SpecNode>()
  readonly #open = new Set<Node>()
  readonly #sizes = new Map<SpecNode, number>()
  readonly #anchors: readonly Anchored[]

  constructor(document: YamlDocument, source: Source) {
    this.#document = document
    this.#anchors = anchoredNodes(document.contents)
    this.#source = source
  }

  root(): SpecNode | undefined {
    const { contents } = this.#document
    return contents ? this.#node(contents, { depth: 0 }) : undefined
  }

  #node(node: Node, visit: Visit): SpecNode {
    if (isAlias(node)) return this.#alias(node, visit)
    const known = this.#done.get(node)
    if (known) return known
    this.#open.add(node)
    const made = visit.depth > deepest ? this.#tooDeep(node) : this.#fresh(node, { depth: visit.depth + 1 })
    this.#open.delete(node)
    this.#done.set(node, made)
    this.#measure(made, node)
    return made
  }

  #alias(node: Node & { readonly source: string }, visit: Visit): SpecNode {
    const target = this.#anchored(node.source, node)
    const position = this.#position(node)
    if (!target) {
      const message = `there is no anchor "&${node.source}" above this alias`
      return this.#fail(position, message, `if it is a text, put it into quotes: "*${node.source}"`)
    }
    if (this.#open.has(target))
      return this.#fail(position, `the alias "*${node.source}" stands inside what it refers to`)
    return this.#node(target, visit)
  }

  /** The last node before the alias that has the anchor: an anchor may be set again. */
  #anchored(name: string, alias: Node): Node | undefined {
    const until = alias.range?.[0] ?? Number.POSITIVE_INFINITY
    return this.#anchors.findLast((node) => node.anchor === name && (node.range?.[0] ?? 0) < until)
  }

  #fresh(node: Node, visit: Visit): SpecNode {
    const tag = this.#tagOf(node)
    if (tag !== undefined) return this.#tagged(node, tag, visit)
    if (isMap(node)) return this.#mapping(node, visit)
    if (isSeq(node))
      return { kind: 'sequence', items: this.#items(node, visit), position: this.#position(node) }
    return this.#scalar(node as Scalar)
  }

  /** The node's own tag; a standard one (`!!str`) has been applied by the parser already. */
  #tagOf(node: Node): string | undefined {
    const { tag } = node as { readonly tag?: string }
    if (tag === undefined || tag === '!') return undefined
    const standard = /^tag:yaml\.org,2002:(.*)$/.exec(tag)?.[1]
    if (standard !== undefined) return standardTags.includes(standard) ? undefined : `!${standard}`
    return tag.startsWith('!') ? tag.slice(1) : tag
  }

  #tagged(node: Node, tag: string, visit: Visit): SpecNode {
    const position = this.#tagPosition(node, tag)
    if (linkTags.includes(tag)) return this.#text(node, tag, (text) => ({ kind: 'link', text, position }))
    if (tag === 'file') return this.#text(node, tag, (path) => ({ kind: 'file', path, position }))
    const refused = refusedTags[tag]
    if (refused !== undefined && Object.hasOwn(refusedTags, tag))
      return this.#fail(position, `!${tag}: ${refused}`)
    if (tag.startsWith('!'))
      return this.#fail(position, `!${tag} is no tag of YAML`, `write !${tag.slice(1)}`)
    const name = this.#withoutColon(tag, position)
    const parts = name.split('.')
    if (parts.some((part) => !/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(part)) || parts.length > 3) {
      return this.#fail(position, `!${tag} is not a tag of the form !Name, !ns.Name or !ns.Name.factory`)
    }
    return { kind: 'tagged', parts, args: this.#arguments(node, name, visit), position }
  }

  #withoutColon(tag: string, position: Position): string {
    if (!tag.endsWith(':')) return tag
    const name = tag.slice(0, -1)
    const message = `the tag !${name} ends with a colon; it is read without`
    this.problems.push({
      ...this.#source.problem(position, message, 'remove the colon'),
      severity: 'warning',
    })
    return name
  }

  #arguments(node: Node, name: string, visit: Visit): MappingNode {
    const position = this.#position(node)
    if (isMap(node)) return this.#mapping(node, visit)
    if (
      isScalar(node) &&
      (node.source === undefined || node.source === '' || node.source === '~' || node.source === 'null')
    ) {
      return { kind: 'mapping', entries: [], position }
    }
    const what = isSeq(node) ? 'a list' : 'a single value'
    this.#fail(
      position,
      `!${name} takes named arguments, and this is ${what}`,
      `write the arguments as "name: value" below !${name}`,
    )
    return { kind: 'mapping', entries: [], position }
  }

  #text(node: Node, tag: string, make: (text: string) => SpecNode): SpecNode {
    if (isScalar(node) && typeof node.source === 'string' && node.source !== '') return make(node.source)
    return this.#fail(this.#position(node), `!${tag} takes a text`)
  }

  #items(node: YAMLSeq, visit: Visit): SpecNode[] {
    return node.items.map((item) => this.#node(item as Node, visit))
  }

  #mapping(node: YAMLMap, visit: Visit): MappingNode {
    const entries = new Map<string, SpecEntry>()
    const merged: SpecEntry[] = []
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      if (isMergeKey(pair.key)) merged.push(...this.#mergedEntries(pair, visit))
      else this.#addEntry(entries, pair, visit)
    }
    // Earlier merges win over later ones, and the mapping's own keys over all.
    for (const entry of merged) if (!entries.has(entry.key)) entries.set(entry.key, entry)
    return { kind: 'mapping', entries: [...entries.values()], position: this.#position(node) }
  }

  #addEntry(entries: Map<string, SpecEntry>, { key, value }: Pair<Node, Node | null>, visit: Visit): void {
    const keyPosition = this.#position(key)
    const name = isScalar(key) ? String(key.source ?? key.value) : undefined
    if (name === undefined) return void this.#fail(keyPosition, 'a key must be a text')
    const space = foreignSpace(key)
    if (space) return void this.#fail(keyPosition, space, 'replace it by plain spaces')
    if (name === '__proto__') return void this.#fail(keyPosition, 'the key "__proto__" is not allowed')
    const first = entries.get(name)
    if (first) {
      const lines = `lines ${first.keyPosition.line} and ${keyPosition.line}`
      return void this.#fail(keyPosition, `the key "${name}" is there twice, on ${lines}`, 'keep one of them')
    }
    const node: SpecNode = value
      ? this.#node(value, visit)
      : { kind: 'scalar', value: null, position: keyPosition }
    entries.set(name, { key: name, keyPosition, value: node })
  }

  #mergedEntries({ key, value }: Pair<Node, Node | null>, visit: Visit): SpecEntry[] {
    const node = value ? this.#node(value, visit) : undefined
    const mappings = node?.kind === 'sequence' ? node.items : [node]
    return mappings.flatMap((mapping) => {
      if (mapping?.kind === 'mapping') return mapping.entries
      this.#fail(this.#position(key), 'a merge key (<<) takes a mapping, or a list of mappings')
      return []
    })
  }

  #scalar(node: Scalar): SpecNode {
    const position = this.#position(node)
    const { value, source = '' } = node
    if (
      typeof value === 'number' &&
      Number.isInteger(value) &&
      !Number.isSafeInteger(value) &&
      /^[-+]?\d+$/.test(source)
    ) {
      return { kind: 'scalar', value: BigInt(source), position }
    }
    // Of the core schema's tags the parser leaves `!!float 1` unread.
    if (node.tag === 'tag:yaml.org,2002:float' && typeof value === 'string')
      return { kind: 'scalar', value: Number(value), position }
    if (value === null || ['string', 'number', 'boolean', 'bigint'].includes(typeof value)) {
      return { kind: 'scalar', value: value as string, position }
    }
    return { kind: 'scalar', value: source, position }
  }

  /** Counts what the aliases would expand to, so that a small text cannot stand for an endless object. */
  #measure(made: SpecNode, node: Node): void {
    const children = childrenOf(made)
    const size = children.reduce((sum, child) => sum + (this.#sizes.get(child) ?? 1), 1)
    this.#sizes.set(made, Math.min(size, mostExpanded + 1))
    // What holds too large a part is too large as well, and the part is what to look at.
    const isFirst = !children.some((child) => (this.#sizes.get(child) ?? 1) > mostExpanded)
    if (size > mostExpanded && isFirst)
      this.#fail(this.#position(node), 'its aliases stand for more than 200,000 values')
  }

  #tooDeep(node: Node): SpecNode {
    return this.#fail(this.#position(node), `it is nested more than ${deepest} levels deep`)
  }

  #fail(position: Position, message: string, hint?: string): SpecNode {
    if (this.problems.length < mostProblems) this.problems.push(this.#source.problem(position, message, hint))
    return { kind: 'scalar', value: null, position }
  }

  #position(node: Node): Position {
    const [start = 0, end = start + 1] = node.range ?? []
    return this.#source.position(start, end)
  }

  /** A node's range starts after its tag, so the tag is looked for before it. */
  #tagPosition(node: Node, tag: string): Position {
    const [start = 0] = node.range ?? []
    const at = this.#source.text.lastIndexOf(`!${tag}`, start)
    return at === -1 ? this.#position(node) : this.#source.position(at, at + tag.length + 1)
  }
}
