import type { ClassEntry, Platform } from '../artifact/index.ts'
import { hostPlatform } from '../artifact/index.ts'
import { type DeclaredSchema, isComponentClass, isRunnableClass } from '../construct/index.ts'
import { sha256 } from '../files/index.ts'
import { type Progress, silent, step } from '../progress.ts'
import { type ClassDescription, describeModule } from '../types/index.ts'
import { bundle } from './bundle.ts'
import { warnOfSize } from './cache-size.ts'
import { checkVersions } from './check-versions.ts'
import type { Extension, Source } from './extension.ts'
import { isFetched } from './fetch.ts'
import { importBundle } from './import-bundle.ts'
import { type Declaration, locate } from './locate.ts'
import { packExtension } from './pack.ts'

export type OpenExtensionsOptions = {
  /** Folder of the spec. */
  readonly directory: string
  readonly cacheDirectory: string
  /** Fetch packages and repositories that are not there. Default: false. */
  readonly install?: boolean
  /** Platform that packages' native files are for. Default: this one. */
  readonly platform?: Platform
  /** URL of the module that `import 'flambe'` means. Default: this copy. */
  readonly flambe?: string
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** Finds (or fetches), compiles, imports and describes the extensions of a spec's header, in their order. */
export async function openExtensions(
  declarations: readonly Declaration[],
  options: OpenExtensionsOptions,
): Promise<Extension[]> {
  const opened: Extension[] = []
  for (const declaration of declarations) {
    options.signal?.throwIfAborted()
    const source = await locate(declaration, options)
    opened.push(
      await step(options.progress ?? silent, { title: `extension ${source.namespace}` }, () =>
        open(source, options),
      ),
    )
  }
  if (options.install && declarations.some(({ location }) => isFetched(location)))
    await warnOfSize(options.cacheDirectory, { progress: options.progress ?? silent })
  return opened
}

async function open(source: Source, options: OpenExtensionsOptions): Promise<Extension> {
  const { cacheDirectory, platform = hostPlatform(), flambe, progress = silent, signal } = options
  const { namespace, location, resolved, directory } = source
  const bundled = await bundle(source)
  const exports = await importBundle(bundled, source, { cacheDirectory, flambe })
  await checkVersions(exports, { namespace, directory, modules: bundled.modules })
  const described = await describeModule({
    entry: source.entry,
    exports: describedExports(exports),
    cacheDirectory,
    ...(signal && { signal }),
  })
  for (const message of described.notices) progress({ type: 'notice', message })
  const classes = classEntries(exports, described.classes)
  const code = { entry: `code/${namespace}/index.js`, location, ...(resolved !== undefined && { resolved }) }
  const pack = (wanted: { readonly platform?: Platform } = {}) =>
    packExtension({ source, bundle: bundled, code, classes, platform, cacheDirectory, signal, ...wanted })
  return { namespace, code, directory, modules: bundled.modules, exports, classes, pack }
}

/** The exports whose types matter: classes that a spec can name. */
function describedExports(exports: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(exports).filter(
    (name) => isComponentClass(exports[name]) || isRunnableClass(exports[name]),
  )
}

/** What is known of each exported class: what its types say, and over that what it declares itself. */
function classEntries(
  exports: Readonly<Record<string, unknown>>,
  described: Readonly<Record<string, ClassDescription>>,
): Record<string, ClassEntry> {
  const entries = Object.entries(exports).flatMap(([name, value]): [string, ClassEntry][] => {
    if (typeof value !== 'function') return []
    const entry = classEntry(value, described[name])
    const { aliases = [] } = value as { readonly aliases?: readonly string[] }
    return [[name, entry], ...aliases.map((alias): [string, ClassEntry] => [alias, entry])]
  })
  return Object.fromEntries(entries)
}

function classEntry(value: object, description: ClassDescription | undefined): ClassEntry {
  const { schema, version = '0.0.0' } = value as {
    readonly schema?: DeclaredSchema
    readonly version?: string
  }
  const { description: text, parameters, factories, predict } = description ?? { factories: {} }
  const known = schema?.parameters ?? parameters
  const input = schema?.input ?? predict?.input
  const output = schema?.output ?? predict?.output
  return {
    version,
    ...(text !== undefined && { description: text }),
    ...(known !== undefined && { parameters: known }),
    ...(Object.keys(factories).length > 0 && { factories }),
    ...((input !== undefined || output !== undefined) && {
      predict: { ...predict, input: input ?? true, output: output ?? true },
    }),
    source: sha256(Function.prototype.toString.call(value)),
  }
}
