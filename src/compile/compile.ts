import { isRegistration, type LoadSaved } from '../construct/index.ts'
import { FlambeError, type Problem } from '../errors.ts'
import type { Extension } from '../extension/index.ts'
import { resolvePath } from '../files/index.ts'
import { Source, type Spec, type SpecNode, specError } from '../spec/index.ts'
import { checkArgument, namedArguments } from './arguments.ts'
import { createBlueprint } from './blueprint.ts'
import { Catalog } from './catalog.ts'
import type { Builtin, Definition } from './definition.ts'
import { lowerComponent } from './lower.ts'
import { type Lowering, resolveTag } from './lowering.ts'

export type CompileOptions = {
  readonly extensions: readonly Extension[]
  /** Runnables that need no extension, by their tag. */
  readonly builtins: Readonly<Record<string, Builtin>>
  /** Folder of the spec: where its relative paths start. */
  readonly directory: string
  /** How `load_from_path` brings back what is far. */
  readonly load?: LoadSaved
}

/** A Runnable that is ready to be made: checked as far as anything can be without running user code. */
export type Compiled = {
  readonly definition: Definition
  /** Plain values; components in them as `Blueprint`s. */
  readonly args: Readonly<Record<string, unknown>>
  readonly warnings: readonly Problem[]
}

/**
 * Resolves every tag of the spec and checks every argument, before any constructor of the user's runs.
 * @throws FlambeError `SPEC_INVALID` with all problems at once.
 */
export function compileSpec(spec: Spec, { extensions, builtins, directory, load }: CompileOptions): Compiled {
  const problems: Problem[] = [...spec.warnings]
  const source = new Source(spec.file, spec.text.replace(/^\uFEFF/, ''))
  const catalog = new Catalog(extensions, builtins)
  const report: Lowering['report'] = (position, message, hint, severity = 'error') => {
    // Positions of `--set` values are not in the spec's text.
    const { source: _, ...problem } = source.problem(position, message, hint)
    const line = position.file === spec.file ? { source: source.line(position.line) } : {}
    problems.push({ ...problem, ...line, severity })
  }
  const lowering: Lowering = { catalog, directory, report }
  const definition = resolveTag(spec.root, lowering)
  if (definition && definition.kind !== 'runnable') {
    const hint = 'a spec starts with a Runnable such as !Builder, which takes this as its component'
    report(spec.root.position, `Tried to run a non-Runnable: ${definition.type} is a component`, hint)
  }
  const args = runnableArguments(spec, definition, { lowering, load })
  if (!definition || problems.some(({ severity }) => severity === 'error'))
    throw specError(spec.file, sorted(problems))
  return { definition, args, warnings: problems }
}

/** Makes the Runnable. Its constructor is the first user code to run, if it is the user's. */
export function instantiate({ definition, args }: Compiled): object {
  const { class: type, type: name } = definition
  if (isRegistration(type)) throw new TypeError(`${name} is registered as a component`)
  try {
    return Reflect.construct(type, [args]) as object
  } catch (cause) {
    if (cause instanceof FlambeError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FlambeError('COMPONENT_FAILED', `${name} threw while it was made: ${reason}`, { cause })
  }
}

function runnableArguments(
  spec: Spec,
  definition: Definition | undefined,
  { lowering, load }: { readonly lowering: Lowering; readonly load: LoadSaved | undefined },
): Record<string, unknown> {
  const { catalog } = lowering
  const known = {
    load,
    types: catalog.types(),
    parameters: (type: string, factory?: string) => catalog.parameters(type, factory),
  }
  const named = namedArguments(spec.root, definition, lowering)
  const entries = [...named].map(([name, value]): [string, unknown] => {
    checkArgument([name, value], definition, { lowering, isClass: () => true })
    return [name, plain(value, { lowering, known })]
  })
  return Object.fromEntries(entries)
}

function plain(
  node: SpecNode,
  context: { lowering: Lowering; known: Parameters<typeof createBlueprint>[1] },
): unknown {
  switch (node.kind) {
    case 'tagged':
      return createBlueprint(lowerComponent(node, context.lowering), context.known)
    case 'mapping':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value, context)]))
    case 'sequence':
      return node.items.map((item) => plain(item, context))
    case 'file':
      return resolvePath(context.lowering.directory, node.path)
    case 'link':
      context.lowering.report(
        node.position,
        'a link is only valid inside a component',
        'links lead to arguments of the component that is built',
      )
      return undefined
    case 'scalar':
      return node.value
  }
}

function sorted(problems: readonly Problem[]): readonly Problem[] {
  const order = ({ position }: Problem) => (position ? position.line * 1e6 + position.column : 0)
  const seen = new Set<string>()
  return problems
    .toSorted((a, b) => order(a) - order(b))
    .filter(({ message, position }) => {
      // An alias is walked once a place, and would say the same thing of the same characters each time.
      const key = JSON.stringify([message, position])
      return !seen.has(key) && seen.add(key)
    })
}
