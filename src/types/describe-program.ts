import { dirname } from 'node:path'
import type ts from 'typescript'
import { createProgram, type TracedProgram } from './create-program.ts'
import { type ClassOptions, describeClass } from './describe-class.ts'
import { exportsOf } from './exports-of.ts'
import type { Place, Reader, TypeScript } from './scope.ts'
import type { ClassDescription } from './types.ts'

export type CompileRequest = {
  /** Absolute path of the module whose exports are described. */
  readonly entry: string
  /** Only these exports; by default all. */
  readonly exports?: readonly string[]
  /** Absolute path of what `import 'flambe'` means: a declaration file, or our own source. */
  readonly flambe: string
}

/** A notice, with what finds its line again after the file was edited elsewhere. */
export type LocatedNotice = {
  readonly message: string
  readonly file: string
  /** 1-based. */
  readonly line: number
  /** The line's own text. */
  readonly source: string
}

export type Compiled = Pick<TracedProgram, 'files' | 'absent'> & {
  readonly classes: { readonly [exportName: string]: ClassDescription }
  readonly notices: readonly LocatedNotice[]
}

/** One run of the TypeScript compiler: what the types of a module's exported classes say. */
export async function describeProgram({ entry, exports, flambe }: CompileRequest): Promise<Compiled> {
  const { default: ts } = await import('typescript')
  const { program, files, absent } = createProgram(ts, { entry, flambe })
  const notices = new Map<string, LocatedNotice>()
  const notify = (place: Place, message: string) => {
    const notice = locate(`${place.path}: ${message}`, place.node, { ts, entry, program })
    notices.set(JSON.stringify(notice), notice)
  }
  const reader: Reader = { ts, program, checker: program.getTypeChecker(), notify }
  const found = exportsOf(entry, reader)
    .filter(([name]) => exports?.includes(name) ?? true)
    .flatMap(([name, symbol]) => {
      const description = describeSafely(name, symbol, { reader, flambe: dirname(flambe) })
      return description ? [[name, description] as const] : []
    })
  return { files, absent, classes: Object.fromEntries(found), notices: [...notices.values()] }
}

/** The compiler itself fails on some rare code: that class is then as one without types. */
function describeSafely(
  name: string,
  symbol: ts.Symbol,
  options: ClassOptions,
): ClassDescription | undefined {
  try {
    return describeClass(name, symbol, options)
  } catch (error) {
    const place = { path: name, node: symbol.declarations?.[0], depth: 0 }
    options.reader.notify(place, `its types cannot be read (${String(error)}); anything is accepted`)
    return { factories: {} }
  }
}

function locate(
  message: string,
  node: ts.Node | undefined,
  { ts, entry, program }: { ts: TypeScript; entry: string; program: ts.Program },
): LocatedNotice {
  const file = node?.getSourceFile() ?? program.getSourceFile(entry)
  if (!file) return { message, file: entry, line: 1, source: '' }
  const { line } = ts.getLineAndCharacterOfPosition(file, node?.getStart() ?? 0)
  return { message, file: file.fileName, line: line + 1, source: lineOf(file.text, line) }
}

const lineOf = (text: string, line: number) => text.split('\n')[line]?.trim() ?? ''
