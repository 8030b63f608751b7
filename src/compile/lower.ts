import { statSync } from 'node:fs'
import { type ComponentConfig, type Config, escapeKey } from '../construct/index.ts'
import { resolvePath } from '../files/index.ts'
import type { SpecNode, TaggedNode } from '../spec/index.ts'
import { checkArgument, defaultArguments, namedArguments } from './arguments.ts'
import { linkProblem } from './check-link.ts'
import type { Definition } from './definition.ts'
import { type Lowering, resolveTag } from './lowering.ts'

/** Checks the component that `node` describes, reporting every problem, and gives its config. */
export function lowerComponent(node: TaggedNode, lowering: Lowering): ComponentConfig {
  return new ComponentLowering(node, lowering).config()
}

/** The lowering of one top component: what is shared inside it, and what its links may lead to. */
class ComponentLowering {
  readonly #top: TaggedNode
  readonly #lowering: Lowering
  readonly #shared: ReadonlySet<SpecNode>
  readonly #ids = new Map<SpecNode, string>()
  readonly #definitions = new Map<TaggedNode, Definition | undefined>()

  constructor(top: TaggedNode, lowering: Lowering) {
    this.#top = top
    this.#lowering = lowering
    this.#shared = sharedNodes(top)
  }

  config(): ComponentConfig {
    return this.#component(this.#top, []) as ComponentConfig
  }

  #any(node: SpecNode, path: readonly string[]): Config {
    switch (node.kind) {
      case 'tagged':
        return this.#component(node, path)
      case 'link':
        return this.#link(node, path)
      case 'file':
        return this.#file(node)
      case 'sequence':
        return node.items.map((item, index) => this.#any(item, [...path, `${index}`]))
      case 'mapping':
        return Object.fromEntries(
          node.entries.map(({ key, value }) => [escapeKey(key), this.#any(value, [...path, key])]),
        )
      case 'scalar':
        return scalarConfig(node.value)
    }
  }

  #component(node: TaggedNode, path: readonly string[]): Config {
    const known = this.#ids.get(node)
    if (known !== undefined) return { $ref: known }
    const definition = this.#define(node)
    const args = this.#arguments(node, definition, path)
    const id = this.#shared.has(node) ? path.join('.') : undefined
    if (id !== undefined) this.#ids.set(node, id)
    return {
      $type: definition?.type ?? node.parts.join('.'),
      ...(definition?.factory !== undefined && { $factory: definition.factory }),
      ...(id !== undefined && { $id: id }),
      args,
    }
  }

  #define(node: TaggedNode): Definition | undefined {
    if (this.#definitions.has(node)) return this.#definitions.get(node)
    const definition = resolveTag(node, this.#lowering)
    this.#definitions.set(node, definition)
    if (definition?.kind === 'runnable') {
      this.#lowering.report(
        node.position,
        `!${node.parts.join('.')} is a Runnable, and a component is needed here`,
      )
    }
    return definition
  }

  #arguments(
    node: TaggedNode,
    definition: Definition | undefined,
    path: readonly string[],
  ): ComponentConfig['args'] {
    const named = namedArguments(node, definition, this.#lowering)
    const given = [...named].map(([name, value]): [string, Config] => {
      const below = [...path, name]
      this.#check(name, value, definition)
      return [
        escapeKey(name),
        this.#isOwnPath(definition, name) ? this.#ownPath(value, below) : this.#any(value, below),
      ]
    })
    return Object.fromEntries([...given, ...defaultArguments(definition?.parameters, new Set(named.keys()))])
  }

  #check(name: string, value: SpecNode, definition: Definition | undefined): void {
    const isClass = (node: TaggedNode, className: string) => {
      const found = this.#define(node)
      return found === undefined || this.#lowering.catalog.inherits(found, className)
    }
    checkArgument([name, value], definition, { lowering: this.#lowering, isClass })
  }

  /** `load_from_path`'s path is a path of the spec, so it starts at the spec's folder. */
  #isOwnPath(definition: Definition | undefined, name: string): boolean {
    return definition?.factory === 'loadFromPath' && name === 'path'
  }

  #ownPath(node: SpecNode, path: readonly string[]): Config {
    if (node.kind !== 'scalar' || typeof node.value !== 'string' || node.value.includes('://'))
      return this.#any(node, path)
    return resolvePath(this.#lowering.directory, node.value)
  }

  #link(node: SpecNode & { readonly kind: 'link' }, path: readonly string[]): Config {
    const problem = linkProblem(node.text, { owner: path, top: this.#top })
    if (problem) this.#lowering.report(node.position, problem.message, problem.hint)
    return { $link: node.text }
  }

  #file(node: SpecNode & { readonly kind: 'file' }): Config {
    const { directory, report } = this.#lowering
    const path = resolvePath(directory, node.path)
    const stats = statSync(path, { throwIfNoEntry: false })
    if (!stats) report(node.position, `the file ${node.path} is not there`, `it is looked for at ${path}`)
    else if (stats.isDirectory())
      report(node.position, `${node.path} is a folder, and !file takes one file`, 'name its files one by one')
    else if (!stats.isFile()) report(node.position, `${node.path} is no regular file`)
    return { $file: path }
  }
}

export function scalarConfig(value: null | boolean | number | string | bigint): Config {
  if (typeof value === 'bigint') return { $value: 'bigint', text: `${value}` }
  if (typeof value === 'number' && !Number.isFinite(value)) return { $value: 'number', text: `${value}` }
  return value
}

/** The tagged nodes that more than one place refers to. */
function sharedNodes(top: SpecNode): ReadonlySet<SpecNode> {
  const seen = new Set<SpecNode>()
  const shared = new Set<SpecNode>()
  const visit = (node: SpecNode): void => {
    if (seen.has(node)) {
      shared.add(node)
      return
    }
    seen.add(node)
    if (node.kind === 'sequence') node.items.forEach(visit)
    if (node.kind === 'mapping') for (const { value } of node.entries) visit(value)
    if (node.kind === 'tagged') for (const { value } of node.args.entries) visit(value)
  }
  visit(top)
  return shared
}
