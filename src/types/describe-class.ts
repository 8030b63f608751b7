import type ts from 'typescript'
import { argumentsSchema } from './arguments-schema.ts'
import { describePredict } from './describe-predict.ts'
import { docsOfSymbol } from './doc-comment.ts'
import { factoriesOf } from './factories.ts'
import { inside, isWithin, type Place, type Reader } from './scope.ts'
import { lastSignature } from './signature.ts'
import type { ClassDescription } from './types.ts'

export type ClassOptions = {
  readonly reader: Reader
  /** Folder of flambe's own declarations: what every Component has is not the user's. */
  readonly flambe: string
}

/** What the types of an exported class say; `undefined` for an export that is no class, or an abstract one. */
export function describeClass(
  name: string,
  symbol: ts.Symbol,
  options: ClassOptions,
): ClassDescription | undefined {
  const { ts, checker } = options.reader
  const statics = checker.getTypeOfSymbol(symbol)
  const reader = declaresSchema(statics, options) ? { ...options.reader, notify: () => {} } : options.reader
  const place: Place = inside({ path: name, node: undefined, depth: 0 }, '', symbol.declarations?.[0])
  if (symbol.declarations?.some((one) => ts.getCombinedModifierFlags(one) & ts.ModifierFlags.Abstract))
    return undefined
  const signatures = statics.getConstructSignatures()
  if (signatures.length === 0 && !(symbol.flags & ts.SymbolFlags.Class)) return undefined
  const isKnown = !hasUnknownBase(symbol.valueDeclaration, reader)
  const signature = isKnown ? lastSignature(signatures, place, reader) : undefined
  const instance = signature?.getReturnType() ?? checker.getDeclaredTypeOfSymbol(symbol)
  const { description } = docsOfSymbol(symbol, reader)
  const parameters = signature && argumentsSchema(signature, inside(place, ' constructor'), reader)
  const predict = describePredict(instance, place, reader)
  if (!signature) reader.notify(place, 'its base class has no types; any arguments are accepted')
  return {
    ...(description !== '' && { description }),
    ...(parameters !== undefined && { parameters }),
    factories: factoriesOf(statics, instance, { ...options, place, reader }),
    ...(predict && { predict }),
  }
}

/** A schema that the class declares itself is the one that counts: what its types lack is then no news. */
function declaresSchema(statics: ts.Type, { reader, flambe }: ClassOptions): boolean {
  const declaration = reader.checker.getPropertyOfType(statics, 'schema')?.valueDeclaration
  return declaration !== undefined && !isWithin(declaration, flambe)
}

/** True if the constructor is that of a class whose types are not found. */
function hasUnknownBase(declaration: ts.Declaration | undefined, reader: Reader): boolean {
  const { ts, checker } = reader
  if (!declaration || !ts.isClassLike(declaration)) return false
  const heritage = declaration.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
  const base = heritage?.types[0]?.expression
  if (!base || declaration.members.some(ts.isConstructorDeclaration)) return false
  const type = checker.getTypeAtLocation(base)
  return (type.flags & ts.TypeFlags.Any) !== 0 || hasUnknownBase(type.getSymbol()?.valueDeclaration, reader)
}
