import type ts from 'typescript'
import type { TypeScript } from './scope.ts'

/** An instance of a generic: `Array<number>`, `Promise<string>`, a tuple. */
export function isReference(type: ts.Type, ts: TypeScript): type is ts.TypeReference {
  return isObject(type, ts) && (type.objectFlags & ts.ObjectFlags.Reference) !== 0
}

export function isObject(type: ts.Type, ts: TypeScript): type is ts.ObjectType {
  return (type.flags & ts.TypeFlags.Object) !== 0
}

export function isTuple(type: ts.Type, ts: TypeScript): type is ts.TupleTypeReference {
  return isReference(type, ts) && (type.target.objectFlags & ts.ObjectFlags.Tuple) !== 0
}

export function isTemplate(type: ts.Type, ts: TypeScript): type is ts.TemplateLiteralType {
  return (type.flags & ts.TypeFlags.TemplateLiteral) !== 0
}

/** An instance of a class that is written as `class`, not as an interface with a variable of the same name. */
export function isClassInstance(type: ts.Type, ts: TypeScript): boolean {
  return (
    isObject(type, ts) &&
    ((type.getSymbol()?.flags ?? 0) & ts.SymbolFlags.Class) !== 0 &&
    !isConstructor(type)
  )
}

/** A type that says no more than "an object", or not even that. */
export function isAnyObject(type: ts.Type, { TypeFlags }: TypeScript): boolean {
  const isOpen = (type.flags & (TypeFlags.Any | TypeFlags.Unknown | TypeFlags.NonPrimitive)) !== 0
  return isOpen || type.getSymbol()?.name === 'Object'
}

/** What a call needs: a function, a method's type, a class itself. */
export function isCallable(type: ts.Type): boolean {
  return type.getCallSignatures().length > 0 || isConstructor(type)
}

/** The parts of a union, or the type alone. */
export function members(type: ts.Type): readonly ts.Type[] {
  return type.isUnion() ? type.types : [type]
}

/** `undefined` and `void`: what JSON leaves out. */
export function isAbsent(type: ts.Type, ts: TypeScript): boolean {
  return (type.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)) !== 0
}

function isConstructor(type: ts.Type): boolean {
  return type.getConstructSignatures().length > 0
}
