import { pathToFileURL } from 'node:url'
import {
  type ComponentClass,
  type Constructible,
  isComponentClass,
  isRegistration,
} from '../construct/index.ts'
import { FlambeError } from '../errors.ts'
import { safeJoin } from '../files/index.ts'
import type { LoadOptions } from './load.ts'
import type { NodeEntry } from './manifest.ts'
import type { OpenedArtifact } from './open.ts'
import { importCompiled, mapUserModules } from './user-modules.ts'

/** The classes to build with, and the `$type` under which each saved one is known now. */
export type Types = {
  readonly classes: ReadonlyMap<string, Constructible>
  readonly rename: (saved: string) => string
}

/** The classes of an artifact: those that are given as they are now, else those of its own code. */
export async function typesOf(
  { manifest, directory }: OpenedArtifact,
  root: NodeEntry,
  options: LoadOptions,
): Promise<Types> {
  const { as, types: given, type: wanted = root.type, flambe } = options
  if (given) return presentTypes(given, root, { as, wanted })
  mapUserModules({ flambe })
  const classes = new Map<string, Constructible>()
  for (const [namespace, { entry }] of Object.entries(manifest.code)) {
    const exported = await importUser(pathToFileURL(safeJoin(directory, entry)).href, namespace)
    for (const [name, value] of Object.entries(exported)) {
      if (!isComponentClass(value) && !isRegistration(value)) continue
      const { aliases = [] } = value as { readonly aliases?: readonly string[] }
      for (const alias of [name, ...aliases]) classes.set(`${namespace}.${alias}`, value)
    }
  }
  if (as) classes.set(root.type, expectClass(as, root.type))
  if (classes.has(root.type)) return { classes, rename: (saved) => saved }
  const name = nameOf(root.type)
  throw new FlambeError(
    'ARTIFACT_UNSUPPORTED',
    `${manifest.name} holds the state of a ${name} and not its code`,
    {
      hint: `load it with ${name}.loadFromPath(path), or in a spec with !ns.${name}.load_from_path`,
    },
  )
}

/** Classes as they are now: a saved one is the one of its name in the namespace of the root's class. */
function presentTypes(
  given: ReadonlyMap<string, Constructible>,
  root: NodeEntry,
  { as, wanted }: { as: ComponentClass | undefined; wanted: string },
): Types {
  if (as) expectClass(as, root.type)
  const namespace = wanted.slice(0, wanted.indexOf('.') + 1)
  const rename = (saved: string) => {
    if (saved === root.type && as) return wanted
    return given.has(saved) ? saved : `${namespace}${nameOf(saved)}`
  }
  return { classes: as ? new Map([...given, [wanted, as]]) : given, rename }
}

const nameOf = (type: string) => type.split('.').at(-1) ?? type

async function importUser(url: string, namespace: string): ReturnType<typeof importCompiled> {
  try {
    return await importCompiled(url, { parent: url })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FlambeError(
      'EXTENSION_INVALID',
      `the code of "${namespace}" in the artifact failed: ${reason}`,
      { cause },
    )
  }
}

/** The saved class must be the expected one, or one that extends it under the same name. */
function expectClass(as: ComponentClass, saved: string): ComponentClass {
  const name = nameOf(saved)
  if (as.name === name || as.aliases?.includes(name)) return as
  throw new FlambeError('COMPONENT_INVALID', `the artifact holds a ${name}, and not a ${as.name}`, {
    hint: `use ${name}.loadFromPath, or load() for whatever it is`,
  })
}
