import type ts from 'typescript'
import type { JsonSchema } from '../construct/index.ts'
import { argumentsSchema } from './arguments-schema.ts'
import { inside, isWithin, type Place, type Reader } from './scope.ts'
import { lastSignature } from './signature.ts'
import { isClassInstance } from './type-kinds.ts'

/** Schemas of the static methods that give an instance, but for those that every Component has (`create`, `loadFromPath`). */
export function factoriesOf(
  statics: ts.Type,
  instance: ts.Type,
  { place, reader, flambe }: { place: Place; reader: Reader; flambe: string },
): { readonly [name: string]: JsonSchema } {
  const { ts, checker } = reader
  const entries = checker.getPropertiesOfType(statics).flatMap((symbol): [string, JsonSchema][] => {
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected
    const declaration = symbol.valueDeclaration
    if (!declaration || ts.getCombinedModifierFlags(declaration) & hidden) return []
    if (symbol.name === 'prototype' || isWithin(declaration, flambe)) return []
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
