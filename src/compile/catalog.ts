import {
  extendsComponent,
  isComponentClass,
  isPlainClass,
  isRegistration,
  isRunnableClass,
  type JsonSchema,
} from '../construct/index.ts'
import type { Extension } from '../extension/index.ts'
import { closest, didYouMean } from '../suggest.ts'
import type { Builtin, Definition } from './definition.ts'

/** Why a tag means nothing, and what may have been meant. */
export type Unknown = { readonly message: string; readonly hint?: string }

export type Resolved = { readonly definition: Definition; readonly warning?: Unknown }

/** Every component has this factory, whatever its class adds. */
const loadFromPath: JsonSchema = {
  type: 'object',
  properties: { path: { type: 'string' } },
  required: ['path'],
  additionalProperties: false,
}

/** The classes that tags can name: the built-in ones, and what the extensions export. */
export class Catalog {
  readonly #extensions: ReadonlyMap<string, Extension>
  readonly #builtins: Readonly<Record<string, Builtin>>

  constructor(extensions: readonly Extension[], builtins: Readonly<Record<string, Builtin>>) {
    this.#extensions = new Map(extensions.map((extension) => [extension.namespace, extension]))
    this.#builtins = builtins
  }

  /** What the parts of a tag mean: `Name`, `ns.Name`, `ns.Name.factory`, or `Name.factory`. */
  resolve(parts: readonly string[]): Resolved | Unknown {
    const [first = '', second, third] = parts
    const extension = this.#extensions.get(first)
    if (extension && second !== undefined) return this.#inExtension(extension, second, third)
    const builtin = Object.hasOwn(this.#builtins, first) ? this.#builtins[first] : undefined
    if (builtin && second === undefined) {
      return {
        definition: { type: first, kind: 'runnable', class: builtin.class, parameters: builtin.parameters },
      }
    }
    if (third === undefined && !builtin) return this.#unqualified(first, second)
    return this.#unknown(parts)
  }

  /** Classes of all types, for `construct`. */
  types(): ReadonlyMap<string, Definition['class']> {
    const types = new Map<string, Definition['class']>()
    for (const [namespace, extension] of this.#extensions) {
      for (const name of namesOf(extension)) {
        const found = find(extension, name)
        if (found) types.set(`${namespace}.${name}`, found.value)
      }
    }
    return types
  }

  /** What is known of the arguments of a class of `types`, or of its factory by its real name. */
  parameters(type: string, factory?: string): JsonSchema | undefined {
    const resolved = this.resolve([...type.split('.'), ...(factory === undefined ? [] : [factory])])
    return 'definition' in resolved ? resolved.definition.parameters : undefined
  }

  /** True where the class of `type` is the class of this name, or extends it. */
  inherits(type: Definition, name: string): boolean {
    let current: unknown = isRegistration(type.class) ? type.class.class : type.class
    for (; typeof current === 'function'; current = Object.getPrototypeOf(current))
      if (current.name === name) return true
    return false
  }

  /** The tags of the components that are of the class of this name, or extend it. */
  tagsOf(className: string): string[] {
    return [...this.types()]
      .filter(([type, value]) => this.inherits({ type, kind: 'component', class: value }, className))
      .map(([type]) => `!${type}`)
  }

  #inExtension(extension: Extension, name: string, factory: string | undefined): Resolved | Unknown {
    const found = find(extension, name)
    if (!found && Object.hasOwn(extension.exports, name)) return noComponent(extension, name)
    if (!found) {
      const message = `the extension "${extension.namespace}" exports no "${name}"`
      const hint = didYouMean(name, namesOf(extension)) ?? exportsOf(extension)
      return { message, hint }
    }
    const entry = extension.classes[found.exportName]
    const base = { type: `${extension.namespace}.${name}`, kind: found.kind, class: found.value }
    if (factory === undefined) {
      return {
        definition: { ...base, ...(entry?.parameters !== undefined && { parameters: entry.parameters }) },
      }
    }
    return this.#factory(base, { ...entry?.factories }, factory)
  }

  #factory(
    base: Pick<Definition, 'type' | 'kind' | 'class'>,
    described: Record<string, JsonSchema>,
    wanted: string,
  ): Resolved | Unknown {
    const owner = isRegistration(base.class) ? base.class.class : base.class
    const name = [wanted, camelCase(wanted), snakeCase(wanted)].find((one) => isFactory(owner, one))
    if (name === undefined) {
      const known = factoriesOf(owner)
      const hint =
        didYouMean(wanted, known) ?? (known.length > 0 ? `it has ${known.join(', ')}` : 'it has none')
      return { message: `${base.type} has no factory "${wanted}"`, hint }
    }
    const parameters = described[name] ?? (name === 'loadFromPath' ? loadFromPath : undefined)
    return { definition: { ...base, factory: name, ...(parameters !== undefined && { parameters }) } }
  }

  #unqualified(name: string, factory: string | undefined): Resolved | Unknown {
    const owners = [...this.#extensions.values()].filter((extension) => find(extension, name))
    const [owner] = owners
    if (!owner) return this.#unknown(factory === undefined ? [name] : [name, factory])
    const tags = owners.map(({ namespace }) => `!${namespace}.${name}`)
    if (owners.length > 1) return { message: `!${name} is ambiguous`, hint: `write ${tags.join(' or ')}` }
    const resolved = this.#inExtension(owner, name, factory)
    if (!('definition' in resolved)) return resolved
    return { ...resolved, warning: { message: `!${name} is read as ${tags[0]}`, hint: `write ${tags[0]}` } }
  }

  #unknown(parts: readonly string[]): Unknown {
    const tag = parts.join('.')
    const message = `Unknown tag: !${tag}. Make sure the class, or factory was correctly registered.`
    const [first = '', second] = parts
    if (second !== undefined && !this.#extensions.has(first)) {
      const known = [...this.#extensions.keys()]
      const hint = didYouMean(first, known) ?? `the extensions are: ${known.join(', ') || 'none'}`
      return { message: `${message} There is no extension "${first}"`, hint }
    }
    const all = [...Object.keys(this.#builtins), ...this.types().keys()]
    const near = closest(tag, [...all, ...all.map((one) => one.split('.').at(-1) ?? one)])
    const tags = all.filter((one) => near.includes(one) || near.includes(one.split('.').at(-1) ?? one))
    const hint =
      tags.length > 0
        ? `did you mean ${tags.map((one) => `!${one}`).join(' or ')}?`
        : `there is ${all.map((one) => `!${one}`).join(', ')}`
    return { message, hint }
  }
}

type Found = {
  readonly value: Definition['class']
  readonly kind: Definition['kind']
  readonly exportName: string
}

/** The class that an extension exports under a name: the export's, or one of the class's aliases. */
function find(extension: Extension, name: string): Found | undefined {
  for (const [exportName, value] of Object.entries(extension.exports)) {
    if (exportName !== name && !aliasesOf(value).includes(name)) continue
    if (isComponentClass(value) || isRegistration(value)) return { value, kind: 'component', exportName }
    if (isRunnableClass(value)) return { value, kind: 'runnable', exportName }
  }
  return undefined
}

/** An export that is there, and that no tag can name. */
function noComponent(extension: Extension, name: string): Unknown {
  const what = isPlainClass(extension.exports[name]) ? 'a class that does not extend Component' : 'no class'
  return {
    message: `the extension "${extension.namespace}" exports "${name}", but it is ${what}`,
    hint: `a component is a class: write ${extendsComponent(name)}; ${exportsOf(extension)}`,
  }
}

function namesOf({ exports }: Extension): string[] {
  return Object.entries(exports)
    .filter(([, value]) => isComponentClass(value) || isRegistration(value) || isRunnableClass(value))
    .flatMap(([name, value]) => [name, ...aliasesOf(value)])
}

function aliasesOf(value: unknown): readonly string[] {
  if (isRegistration(value)) return value.aliases
  if (typeof value !== 'function') return []
  const aliases: unknown = Object.hasOwn(value, 'aliases') ? Reflect.get(value, 'aliases') : []
  return Array.isArray(aliases) ? aliases.map(String) : []
}

function exportsOf(extension: Extension): string {
  const names = namesOf(extension)
  return names.length > 0 ? `its components are ${names.join(', ')}` : 'it exports no component'
}

/** Static methods of the class and of those that it extends, but for what flambe itself gives. */
function factoriesOf(owner: object): string[] {
  const found: string[] = []
  for (
    let type = owner;
    typeof type === 'function' && type !== Function.prototype;
    type = Object.getPrototypeOf(type)
  ) {
    found.push(...Object.getOwnPropertyNames(type).filter((name) => isFactory(owner, name)))
  }
  return [...new Set(found)].sort()
}

const notFactories = new Set(['create', 'constructor', 'length', 'name', 'prototype'])

function isFactory(owner: object, name: string): boolean {
  return (
    !notFactories.has(name) && !(name in Function.prototype) && typeof Reflect.get(owner, name) === 'function'
  )
}

export const camelCase = (name: string) =>
  name.replace(/_+([\p{L}\p{N}])/gu, (_, letter: string) => letter.toUpperCase())
export const snakeCase = (name: string) => name.replace(/\p{Lu}/gu, (letter) => `_${letter.toLowerCase()}`)
