import type ts from 'typescript'
import type { JsonSchema } from '../construct/index.ts'
import type { Hints } from './hints.ts'
import { methodsOf, objectSchema } from './object-schema.ts'
import { inside, type Place, type Scope } from './scope.ts'
import { isClassInstance } from './type-kinds.ts'

/** An object as data. One with methods is more than JSON carries; in output it is what JSON.stringify makes of it. */
export function valueSchema(
  type: ts.Type,
  place: Place,
  { scope, hints }: { readonly scope: Scope; readonly hints: Hints },
): JsonSchema {
  const { ts, checker, use } = scope
  const json = use === 'output' ? toJsonType(type, scope) : undefined
  if (json) return scope.toSchema(json, inside(place, ''))
  const isInstance = isClassInstance(type, ts)
  const methods = use === 'output' ? [] : methodsOf(type, scope)
  if (methods.length > 0) {
    const what = `\`${checker.typeToString(type)}\` has methods (${methods.join(', ')}), which JSON cannot carry`
    scope.notify(place, `${what}; ${isInstance ? 'only its data is checked' : 'any value is accepted'}`)
    if (!isInstance) return true
  }
  const isEmpty = checker.getPropertiesOfType(type).length + checker.getIndexInfosOfType(type).length === 0
  // TypeScript's `{}` is any value but null and undefined.
  return isEmpty && !isInstance ? true : objectSchema(type, place, { scope, hints })
}

/** What JSON.stringify writes of a value of this type, if the type decides it itself. */
function toJsonType(type: ts.Type, { checker }: Scope): ts.Type | undefined {
  const method = checker.getPropertyOfType(type, 'toJSON')
  return method && checker.getTypeOfSymbol(method).getCallSignatures()[0]?.getReturnType()
}
