import type ts from 'typescript'
import type { JsonSchema } from '../construct/index.ts'
import { inside, type Place, type Scope } from './scope.ts'
import { isDeclaredOutside } from './special-types.ts'
import { isAbsent, isReference, isTuple, members } from './type-kinds.ts'
import { combine, unionSchema } from './union-schema.ts'

/** The schema of an array, a tuple, or what is an array as data (`Iterable<T>`); `undefined` for all others. */
export function arraySchema(type: ts.Type, place: Place, scope: Scope): JsonSchema | undefined {
  const { ts, checker } = scope
  if (!isReference(type, ts)) return undefined
  if (isTuple(type, ts)) return tupleSchema(type, place, scope)
  if (!checker.isArrayType(type) && !isArrayLike(type)) return undefined
  const [item] = checker.getTypeArguments(type)
  const items = item === undefined || scope.toSchema(item, inside(place, '[]'))
  return items === true ? { type: 'array' } : { type: 'array', items }
}

function isArrayLike(type: ts.TypeReference): boolean {
  const symbol = type.getSymbol()
  return (
    symbol !== undefined &&
    ['Iterable', 'ArrayLike', 'ConcatArray'].includes(symbol.name) &&
    isDeclaredOutside(symbol)
  )
}

/** Positions up to the rest element are `prefixItems`; those after it (`[...A[], B]`) can only be said as one kind of item. */
function tupleSchema(type: ts.TupleTypeReference, place: Place, scope: Scope): JsonSchema {
  const { ts, checker } = scope
  const { elementFlags } = type.target
  const elements = checker.getTypeArguments(type)
  const convert = (element: ts.Type, index: number) => {
    const at = inside(place, `[${index}]`)
    const isOptional = ((elementFlags[index] ?? 0) & ts.ElementFlags.Optional) !== 0
    return isOptional
      ? unionSchema(
          members(element).filter((one) => !isAbsent(one, ts)),
          at,
          scope,
        )
      : scope.toSchema(element, at)
  }
  const count = (flags: ts.ElementFlags) => elementFlags.filter((one) => (one & flags) !== 0).length
  const firstRest = elementFlags.findIndex((flags) => (flags & ts.ElementFlags.Variable) !== 0)
  const fixed = firstRest === -1 ? elements.length : firstRest
  const prefixItems = elements.slice(0, fixed).map(convert)
  const rest = elements.slice(fixed).map(convert)
  const minItems = count(ts.ElementFlags.Required)
  return {
    type: 'array',
    ...(prefixItems.length > 0 && { prefixItems }),
    ...(minItems > 0 && { minItems }),
    ...(rest.length === 0 ? { items: false, maxItems: fixed } : itemsOf(rest)),
  }
}

function itemsOf(rest: readonly JsonSchema[]): { readonly items?: JsonSchema } {
  const items = combine(rest)
  return items === true ? {} : { items }
}
