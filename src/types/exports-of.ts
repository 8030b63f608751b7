import type ts from 'typescript'
import type { Reader } from './scope.ts'

type Export = readonly [name: string, symbol: ts.Symbol]

/** The values that a module exports, through re-exports; `export type` gives none. `module.exports` is the `default`. */
export function exportsOf(entry: string, reader: Reader): readonly Export[] {
  const { ts, program, checker } = reader
  const file = program.getSourceFile(entry)
  const module = file && checker.getSymbolAtLocation(file)
  if (!module) return []
  const named = checker.getExportsOfModule(module).flatMap((symbol): Export[] => {
    if (symbol.declarations?.some((one) => ts.isTypeOnlyExportDeclaration(one))) return []
    return [[symbol.name, targetOf(symbol, reader)]]
  })
  const found = new Map([...wholeOf(module, reader), ...named])
  return [...found].filter(([, symbol]) => symbol.flags & ts.SymbolFlags.Value)
}

/** `module.exports = Engine`, or an object of classes. */
function wholeOf(module: ts.Symbol, reader: Reader): readonly Export[] {
  const { ts, checker } = reader
  const whole = module.exports?.get(ts.InternalSymbolName.ExportEquals)
  if (!whole) return []
  const target = targetOf(whole, reader)
  const type = checker.getTypeOfSymbol(target)
  if (type.getConstructSignatures().length > 0) return [['default', target]]
  return checker.getPropertiesOfType(type).map((symbol) => [symbol.name, targetOf(symbol, reader)])
}

function targetOf(symbol: ts.Symbol, { ts, checker }: Reader): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}
