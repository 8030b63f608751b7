import type ts from 'typescript'
import type { JsonSchema } from '../construct/index.ts'
import type { Scope, TypeScript } from './scope.ts'
import { isClassInstance } from './type-kinds.ts'

/** An argument that must be an instance: `{ "x-flambe-class": "BinaryClassifier" }`. Only arguments can be: JSON carries no objects. */
export function instanceSchema(type: ts.Type, { ts, use }: Scope): JsonSchema | undefined {
  if (use !== 'parameters') return undefined
  const parts = type.isIntersection() ? type.types : [type]
  const instance = parts.find((part) => isClassInstance(part, ts))
  return instance && { 'x-flambe-class': className(instance, ts) }
}

/** The name after `class`: that of the symbol is `default` for a default export. */
function className(type: ts.Type, ts: TypeScript): string {
  const symbol = type.getSymbol()
  const declaration = symbol?.declarations?.find(ts.isClassLike)
  return declaration?.name?.text ?? symbol?.name ?? ''
}
