import { isAbsolute, join } from 'node:path'
import { FlambeError } from '../errors.ts'
import { type Constructible, isRegistration } from './brand.ts'
import type { ComponentConfig, Config, ValueConfig } from './config.ts'
import { fitArguments } from './fit-arguments.ts'
import type { JsonSchema } from './json-schema.ts'
import {
  isComponentConfig,
  isFileConfig,
  isLinkConfig,
  isMapping,
  isRefConfig,
  isValueConfig,
  unescapeKey,
} from './kinds.ts'
import { makingOf, rememberMaking } from './made.ts'
import type { ComponentObject } from './object.ts'
import { LinkScope } from './resolve-link.ts'

export type ConstructOptions = {
  /** The class that each `$type` names. */
  readonly types: ReadonlyMap<string, Constructible>
  /** What is known of their arguments. */
  readonly parameters?: ParametersOf | undefined
  /** Where relative `$file` paths start: the artifact's directory. */
  readonly directory?: string
  readonly load?: LoadSaved | undefined
  readonly signal?: AbortSignal
}

/** Brings a saved object back from wherever it is; this room knows no place. */
export type LoadSaved = (location: string, options: object) => Promise<ComponentObject>

/** The schema of the arguments of a class's constructor, or of its factory; undefined where nothing is known. */
export type ParametersOf = (type: string, factory?: string) => JsonSchema | undefined

/**
 * Builds the object that `config` describes, children first. An `$id` is built once and shared; links are
 * resolved when their owner is built; each component remembers how it was made.
 * @throws FlambeError `COMPONENT_FAILED` where user code throws, `LINK_INVALID`, `COMPONENT_INVALID`.
 */
export async function construct(config: ComponentConfig, options: ConstructOptions): Promise<object> {
  const run: Run = { options, shared: new Map(), links: new LinkScope(config) }
  const { value } = await buildComponent(config, [], run)
  return value
}

type Run = {
  readonly options: ConstructOptions
  readonly shared: Map<string, object>
  readonly links: LinkScope
}

/** A value, and the config that stands for it: a component that was loaded brings its own. */
type Built<T = unknown> = { readonly value: T; readonly config: Config }

async function build(config: Config, path: readonly string[], run: Run): Promise<Built> {
  const built = await buildAny(config, path, run)
  run.links.set(path, built.value)
  return built
}

async function buildAny(config: Config, path: readonly string[], run: Run): Promise<Built> {
  if (Array.isArray(config)) return buildList(config, path, run)
  if (!isMapping(config)) return { value: config, config }
  if (isComponentConfig(config)) return buildComponent(config, path, run)
  if (isRefConfig(config)) return { value: sharedObject(config.$ref, path, run), config }
  if (isLinkConfig(config)) return { value: run.links.resolve(config.$link, path), config }
  if (isFileConfig(config)) {
    const value = absolute(config.$file, run.options.directory)
    return { value, config: { $file: value } }
  }
  if (isValueConfig(config)) return { value: specialValue(config), config }
  return buildMapping(config, path, run)
}

async function buildList(config: readonly Config[], path: readonly string[], run: Run): Promise<Built> {
  const built: Built[] = []
  for (const [index, item] of config.entries()) built.push(await build(item, [...path, `${index}`], run))
  return { value: built.map(({ value }) => value), config: built.map((item) => item.config) }
}

async function buildMapping(
  config: { readonly [key: string]: Config },
  path: readonly string[],
  run: Run,
): Promise<Built<Record<string, unknown>> & { readonly config: { readonly [key: string]: Config } }> {
  const values: [string, unknown][] = []
  const configs: [string, Config][] = []
  for (const [key, item] of Object.entries(config)) {
    const built = await build(item, [...path, unescapeKey(key)], run)
    values.push([unescapeKey(key), built.value])
    configs.push([key, built.config])
  }
  // fromEntries defines its keys: `__proto__` stays a key like any other.
  return { value: Object.fromEntries(values), config: Object.fromEntries(configs) }
}

async function buildComponent(
  config: ComponentConfig,
  path: readonly string[],
  run: Run,
): Promise<Built<object>> {
  run.options.signal?.throwIfAborted()
  const args = await buildMapping(config.args, path, run)
  const value = await make(config, args.value, { path, ...run.options })
  const own: ComponentConfig = { ...config, args: args.config }
  const loaded = makingOf(value)
  if (!loaded) rememberMaking(value, { config: own, args: args.value })
  if (config.$id !== undefined) run.shared.set(config.$id, value)
  return { value, config: loaded ? { ...loaded.config, ...(config.$id && { $id: config.$id }) } : own }
}

async function make(
  { $type, $factory }: ComponentConfig,
  args: Readonly<Record<string, unknown>>,
  {
    path,
    types,
    parameters,
    load,
  }: Pick<ConstructOptions, 'types' | 'parameters' | 'load'> & { path: readonly string[] },
): Promise<object> {
  const type = types.get($type)
  const name = $factory === undefined ? $type : `${$type}.${$factory}`
  const where = path.length === 0 ? '' : ` at ${path.join('.')}`
  if (!type) throw new FlambeError('COMPONENT_INVALID', `there is no class ${$type}${where}`)
  const given = fitArguments(args, parameters?.($type, $factory), `${name}${where}`)
  const context = { types, parameters, load, type: $type }
  const made = await callUser(() => run(type, { $factory, args: given, context }), `${name}${where}`)
  const expected = isRegistration(type) ? type.class : type
  if (typeof made === 'object' && made !== null && made instanceof expected) return made
  throw new FlambeError(
    'COMPONENT_INVALID',
    `${name}${where} gave ${nameOf(made)}, and not a ${expected.name}`,
  )
}

/** What a factory is given beside its arguments. */
export type FactoryContext = {
  /** The class that each `$type` names. */
  readonly types: ReadonlyMap<string, Constructible>
  readonly parameters?: ParametersOf | undefined
  /** How a saved object is brought back, where that is from more places than a component knows itself. */
  readonly load?: LoadSaved | undefined
  /** The `$type` that is being made. */
  readonly type: string
}

function run(
  type: Constructible,
  { $factory, args, context }: { $factory: string | undefined; args: object; context: FactoryContext },
): unknown {
  const owner = isRegistration(type) ? type.class : type
  if ($factory !== undefined) return Reflect.apply(factoryOf(owner, $factory), owner, [args, context])
  return isRegistration(type) ? type.create({ ...args }) : Reflect.construct(type, [args])
}

function factoryOf(owner: { readonly name: string }, name: string): (...args: unknown[]) => unknown {
  const factory: unknown = Reflect.get(owner, name)
  if (typeof factory === 'function') return factory as (...args: unknown[]) => unknown
  throw new FlambeError('COMPONENT_INVALID', `${owner.name} has no static method ${name}`)
}

async function callUser(work: () => unknown, name: string): Promise<unknown> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof FlambeError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FlambeError('COMPONENT_FAILED', `${name} threw while it was built: ${reason}`, { cause })
  }
}

function sharedObject(id: string, path: readonly string[], { shared }: Run): object {
  const object = shared.get(id)
  if (object) return object
  throw new FlambeError(
    'COMPONENT_INVALID',
    `${path.join('.')} refers to "${id}", which is not built before it`,
  )
}

function absolute(path: string, directory: string | undefined): string {
  if (isAbsolute(path)) return path
  if (directory === undefined)
    throw new TypeError(`construct needs a directory for the relative file ${path}`)
  return join(directory, path)
}

function specialValue({ $value, text }: ValueConfig): number | bigint {
  return $value === 'bigint' ? BigInt(text) : Number(text)
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return `a ${value.constructor?.name ?? 'object'}`
}
