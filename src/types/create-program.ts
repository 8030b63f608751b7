import { dirname, join } from 'node:path'
import type ts from 'typescript'
import { projectOptions } from './compiler-options.ts'
import type { TypeScript } from './scope.ts'

export type TracedProgram = {
  readonly program: ts.Program
  /** The text of every file that was read, but for the compiler's own library. */
  readonly files: ReadonlyMap<string, string>
  /** Paths that were looked for and are not there: one that appears may change what an import means. */
  readonly absent: readonly string[]
}

type Trace = { readonly files: Map<string, string>; readonly absent: Set<string> }

/** Stands in for @types/node where it is not installed. */
const nodeTypes = 'interface Buffer extends Uint8Array {}'

/** A program of the entry and all that it imports. The compiler checks nothing in it but the types that it is asked for. */
export function createProgram(
  ts: TypeScript,
  { entry, flambe }: { entry: string; flambe: string },
): TracedProgram {
  const trace: Trace = { files: new Map(), absent: new Set() }
  const stub = join(dirname(entry), '__node-types.d.ts')
  const host = tracedHost(ts, { directory: dirname(entry), stub, trace })
  const { options, declarations } = projectOptions(entry, { ts, host, flambe })
  const node = ts.resolveTypeReferenceDirective('node', entry, options, host).resolvedTypeReferenceDirective
  const hasNode = node !== undefined && (options.types?.includes('node') ?? true)
  const rootNames = [entry, ...declarations, ...(hasNode ? [] : [stub])]
  const program = ts.createProgram({ rootNames, options, host })
  const library = dirname(host.getDefaultLibFileName(options))
  return {
    program,
    files: new Map([...trace.files].filter(([file]) => dirname(file) !== library)),
    absent: [...trace.absent],
  }
}

function tracedHost(
  ts: TypeScript,
  { directory, stub, trace }: { directory: string; stub: string; trace: Trace },
): ts.CompilerHost {
  const base = ts.createCompilerHost({})
  const seen = (path: string, exists: boolean) => {
    if (!exists) trace.absent.add(path)
    return exists
  }
  const readFile = (file: string) => {
    if (file === stub) return nodeTypes
    const text = base.readFile(file)
    if (text !== undefined) trace.files.set(file, text)
    return text
  }
  return {
    ...base,
    readFile,
    getCurrentDirectory: () => directory,
    fileExists: (file) => seen(file, base.fileExists(file)),
    directoryExists: (path) => seen(path, base.directoryExists?.(path) ?? true),
    getSourceFile: (file, target) => {
      const text = readFile(file)
      return text === undefined ? undefined : ts.createSourceFile(file, text, parsing(ts, file, target))
    },
  }
}

/** Doc comments of the language's and Node's own declarations would be half of what there is to parse. */
function parsing(
  ts: TypeScript,
  file: string,
  target: ts.ScriptTarget | ts.CreateSourceFileOptions,
): ts.CreateSourceFileOptions {
  const { ParseNone, ParseAll } = ts.JSDocParsingMode
  const isLibrary = /\/node_modules\/(typescript\/lib|@types\/node|undici-types)\//.test(file)
  const options = typeof target === 'object' ? target : { languageVersion: target }
  return { ...options, jsDocParsingMode: isLibrary ? ParseNone : ParseAll }
}
