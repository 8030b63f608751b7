import type ts from 'typescript'
import type { JsonSchema } from '../construct/index.ts'
import { argumentsSchema } from './arguments-schema.ts'
import { describePredict } from './describe-predict.ts'
import { docsOfSymbol } from './doc-comment.ts'
import { inside, type Place, type Reader } from './scope.ts'
import { lastSignature } from './signature.ts'
import { isClassInstance } from './type-kinds.ts'
import type { ClassDescription } from './types.ts'

/** What the types of an exported class say; `undefined` for an export that is no class, or an abstract one. */
export function describeClass(
  name: string,
  symbol: ts.Symbol,
  { reader, flambe }: { readonly reader: Reader; readonly flambe: string },
): ClassDescription | undefined {
  const { ts, checker } = reader
  const statics = checker.getTypeOfSymbol(symbol)
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
    factories: factoriesOf(statics, instance, { place, reader, flambe }),
    ...(predict && { predict }),
  }
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

/** Static methods that give an instance, but for those that every Component has (`create`, `loadFromPath`). */
function factoriesOf(
  statics: ts.Type,
  instance: ts.Type,
  { place, reader, flambe }: { place: Place; reader: Reader; flambe: string },
): { readonly [name: string]: JsonSchema } {
  const { ts, checker } = reader
  const entries = checker.getPropertiesOfType(statics).flatMap((symbol): [string, JsonSchema][] => {
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected
    const declaration = symbol.valueDeclaration
    if (!declaration || ts.getCombinedModifierFlags(declaration) & hidden) return []
    if (symbol.name === 'prototype' || declaration.getSourceFile().fileName.startsWith(flambe)) return []
    const signatures = checker
      .getTypeOfSymbol(symbol)
      .getCallSignatures()
      .filter((one) => givesInstance(one, instance, reader))
    const at = inside(place, `.${symbol.name}`, declaration)
    const signature = lastSignature(signatures, at, reader)
    const schema = signature && argumentsSchema(signature, at, reader)
    return schema === undefined ? [] : [[symbol.name, schema]]
  })
  return Object.fromEntries(entries)
}

function givesInstance(signature: ts.Signature, instance: ts.Type, { ts, checker }: Reader): boolean {
  const returned = signature.getReturnType()
  const awaited = checker.getAwaitedType(returned) ?? returned
  const type = checker.getBaseConstraintOfType(awaited) ?? awaited
  // A class of no members would take anything: an instance is of a class.
  return isClassInstance(type, ts) && checker.isTypeAssignableTo(type, instance)
}
