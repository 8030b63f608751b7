import { join } from 'node:path'
import type { Plugin } from 'esbuild'
import type { ClassEntry } from '../artifact/index.ts'
import { checkSource, type Extent, type JsonSchema } from '../construct/index.ts'
import { FlambeError } from '../errors.ts'
import { readRecord, sha256, writeRecord } from '../files/index.ts'
import { version } from '../version.ts'

/** Another one for each form of the module, so that an old one is not taken for a new one. */
const form = 1

/**
 * The text of an ES module (`ValidatorModule`) that checks the inputs of classes and needs no other module; kept, since it
 * takes a while to make. Undefined where no class says what it takes.
 * @throws FlambeError `EXTENSION_INVALID` for a schema that cannot be compiled.
 */
export async function compileValidators(
  classes: Readonly<Record<string, ClassEntry>>,
  { cacheDirectory }: { readonly cacheDirectory: string },
): Promise<string | undefined> {
  const schemas = Object.entries(classes).flatMap(([name, { predict }]): [string, JsonSchema][] =>
    predict === undefined || predict.input === true ? [] : [[name, predict.input]],
  )
  if (schemas.length === 0) return undefined
  const path = join(cacheDirectory, 'validators', `${sha256(JSON.stringify([form, version, schemas]))}.js`)
  const known = await readRecord(path)
  if (known !== undefined) return known
  const text = await bundleChecks(schemas)
  await writeRecord(path, text)
  return text
}

async function bundleChecks(schemas: readonly (readonly [string, JsonSchema])[]): Promise<string> {
  const esbuild = await import('esbuild')
  const modules = new Map<string, string>()
  const imports: string[] = []
  // Aliases of a class have its schema.
  const numbers = new Map<JsonSchema, number>()
  for (const [name, schema] of schemas) {
    if (numbers.has(schema)) continue
    const n = numbers.size
    numbers.set(schema, n)
    const source = await sourceOf(name, schema)
    for (const extent of ['all', 'first'] as const) {
      modules.set(`${extent}${n}`, source(extent))
      imports.push(`import ${extent}${n} from 'check:${extent}${n}'`)
    }
  }
  const entries = schemas.map(([name, schema]) => {
    const n = numbers.get(schema)
    return `${JSON.stringify(name)}: { all: all${n}, first: first${n} }`
  })
  const contents = `${imports.join('\n')}\nexport const validators = { ${entries.join(', ')} }\n`
  const { outputFiles } = await esbuild.build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    // Names and places of modules as well: they differ from one installation to the next.
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [given(modules)],
  })
  return outputFiles[0]?.text ?? ''
}

async function sourceOf(name: string, schema: JsonSchema): Promise<(extent: Extent) => string> {
  try {
    return await checkSource(schema)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FlambeError('EXTENSION_INVALID', `the schema of what ${name} takes does not work: ${reason}`, {
      hint: 'it is a JSON Schema of 2020-12, from the type of the input of predict or from `static schema`',
      cause,
    })
  }
}

/** Modules by name; what they require is found beside this one. */
function given(modules: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'given',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^check:/ }, ({ path }) => ({ path: path.slice(6), namespace: 'check' }))
      onLoad({ filter: /.*/, namespace: 'check' }, ({ path }) => ({
        contents: modules.get(path) ?? '',
        resolveDir: import.meta.dirname,
      }))
    },
  }
}
