import { isComponent } from './brand.ts'
import { makingOf } from './made.ts'
import type { ComponentObject } from './object.ts'

/** A component inside another, by the attributes that lead to it from the root, which has the path `''`. */
export type ComponentNode = {
  /** Folder of the node in an artifact: encoded attribute names joined by `/`. */
  readonly path: string
  readonly object: ComponentObject
  /** Set where the path leads to an instance that an earlier path owns: that path. */
  readonly same?: string
}

/** Names at the top of an artifact that a node's folder must not take. */
const reserved =
  /^(code|assets|node_modules|files|flambe\.json|(config|spec)\.yaml|state\.(json|safetensors))$/i

/**
 * Every component that is part of `root`, itself first: its arguments in their order, then its own enumerable
 * attributes, through arrays, plain objects and Maps. A shared instance is listed once a path.
 */
export function nodesOf(root: ComponentObject): readonly ComponentNode[] {
  const nodes: ComponentNode[] = []
  const owners = new Map<object, string>()
  const visit = (object: ComponentObject, segments: readonly string[]): void => {
    const path = segments.join('/')
    const same = owners.get(object)
    nodes.push({ path, object, ...(same !== undefined && { same }) })
    if (same !== undefined) return
    owners.set(object, path)
    for (const [keys, child] of childrenOf(object)) visit(child, [...segments, ...keys.map(encodeSegment)])
  }
  visit(root, [])
  return nodes
}

/** What a node's path leads to, or undefined. */
export function nodeAt(root: ComponentObject, path: string): ComponentObject | undefined {
  return nodesOf(root).find((node) => node.path === path)?.object
}

/** A name as the name of a folder on every file system. */
function encodeSegment(name: string, index: number): string {
  // Upper case is escaped where a lower-case sibling could exist on a disk that does not tell them apart.
  const escaped = name.replace(/[^A-Za-z0-9_.-]/gu, (character) =>
    [...new TextEncoder().encode(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  )
  if (escaped === '' || /^\.+$/.test(escaped) || (index === 0 && reserved.test(escaped))) return `%${escaped}`
  return escaped
}

function* childrenOf(object: ComponentObject): Generator<[readonly string[], ComponentObject]> {
  const found = new Set<string>()
  for (const part of [makingOf(object)?.args ?? {}, object]) {
    for (const [keys, child] of componentsIn(part, { seen: new Set() })) {
      const path = JSON.stringify(keys)
      if (!found.has(path)) yield [keys, child]
      found.add(path)
    }
  }
}

function* componentsIn(
  value: object,
  { seen }: { seen: Set<object> },
): Generator<[readonly string[], ComponentObject]> {
  if (seen.has(value)) return
  seen.add(value)
  for (const [key, child] of entriesOf(value)) {
    if (typeof child !== 'object' || child === null || ArrayBuffer.isView(child)) continue
    if (isComponent(child)) yield [[key], child]
    else if (isContainer(child)) {
      for (const [keys, inner] of componentsIn(child, { seen })) yield [[key, ...keys], inner]
    }
  }
}

function entriesOf(value: object): [string, unknown][] {
  return value instanceof Map ? [...value].map(([key, child]) => [String(key), child]) : Object.entries(value)
}

function isContainer(value: object): boolean {
  if (Array.isArray(value) || value instanceof Map) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
