import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { JsonSchema } from '../../src/construct/index.ts'
import {
  type ClassDescription,
  type DescribeOptions,
  describeModule,
  type ModuleDescription,
} from '../../src/types/index.ts'

export type Files = Readonly<Record<string, string>>

/** A folder with these files, in the system's temporary folder, so that no project's settings apply. */
export async function folderOf(files: Files): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'types-')))
  await writeAll(directory, files)
  return directory
}

export async function writeAll(directory: string, files: Files): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true })
    await writeFile(join(directory, name), text)
  }
}

/** Describes the first of the files. */
export async function describeFiles(
  files: Files,
  options: Omit<DescribeOptions, 'entry'> = {},
): Promise<ModuleDescription> {
  const [name = ''] = Object.keys(files)
  return describeModule({ entry: join(await folderOf(files), name), ...options })
}

/** Describes the one class in a TypeScript text. */
export async function describeText(
  text: string,
  file = 'engine.ts',
): Promise<ClassDescription & { readonly notices: readonly string[] }> {
  const { classes, notices } = await describeFiles({ [file]: text })
  const [only] = Object.values(classes)
  return { factories: {}, ...only, notices }
}

type SchemasOptions = { readonly use?: 'input' | 'output' | 'argument'; readonly declarations?: string }

/** The schemas of types in one use, in order; all of them in one module, so that the compiler runs once. */
export async function schemasOf(
  types: readonly string[],
  { use = 'input', declarations = '' }: SchemasOptions = {},
): Promise<{ schemas: (JsonSchema | undefined)[]; notices: readonly string[] }> {
  const classes = types.map((type, index) => {
    if (use === 'input') return `export class T${index} { predict(input: ${type}): number { return 0 } }`
    if (use === 'output') return `export class T${index} { predict(): ${type} { throw new Error() } }`
    return `export class T${index} { constructor(args: { value: ${type} }) {} }`
  })
  const { classes: found, notices } = await describeFiles({
    'types.ts': [declarations, ...classes].join('\n'),
  })
  const schemas = types.map((_, index) => {
    const { predict, parameters } = found[`T${index}`] ?? {}
    return use === 'argument' ? property(parameters, 'value') : predict?.[use]
  })
  return { schemas, notices }
}

/** The schema of a property, or `undefined`. */
export function property(schema: JsonSchema | undefined, name: string): JsonSchema | undefined {
  const properties: unknown = typeof schema === 'object' ? schema['properties'] : undefined
  return Object.entries(properties ?? {}).find(([key]) => key === name)?.[1]
}
