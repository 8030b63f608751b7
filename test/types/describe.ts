import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { JsonSchema } from '../../src/construct/index.ts'
import { type DescribeOptions, describeModule, type ModuleDescription } from '../../src/types/index.ts'

export type Files = Readonly<Record<string, string>>

/** A folder with these files. The system's temporary folder is its parent, so no project's settings apply. */
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

/** The schema that each property type gets as input, output or argument; all of them in one module. */
export async function schemasOf(
  types: Readonly<Record<string, string>>,
  {
    use = 'input',
    declarations = '',
  }: { use?: 'input' | 'output' | 'parameters'; declarations?: string } = {},
): Promise<{ schemas: Record<string, JsonSchema | undefined>; notices: readonly string[] }> {
  const classes = Object.entries(types).map(([name, type]) => {
    if (use === 'input') return `export class ${name} { predict(input: ${type}): number { return 0 } }`
    if (use === 'output') return `export class ${name} { predict(): ${type} { throw new Error() } }`
    return `export class ${name} { constructor(args: { value: ${type} }) {} }`
  })
  const text = [declarations, ...classes].join('\n')
  const { classes: found, notices } = await describeFiles({ 'types.ts': text })
  const schemas = Object.keys(types).map((name) => {
    const { predict, parameters } = found[name] ?? {}
    return [name, use === 'parameters' ? property(parameters, 'value') : predict?.[use]] as const
  })
  return { schemas: Object.fromEntries(schemas), notices }
}

/** The schema of a property. */
export function property(schema: JsonSchema | undefined, name: string): JsonSchema | undefined {
  const properties = typeof schema === 'object' ? schema['properties'] : undefined
  return properties !== null && typeof properties === 'object' && !Array.isArray(properties)
    ? (properties as Record<string, JsonSchema>)[name]
    : undefined
}
