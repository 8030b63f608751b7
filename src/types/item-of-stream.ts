import type ts from 'typescript'
import type { Reader } from './scope.ts'
import { members } from './type-kinds.ts'

/**
 * What a stream gives one by one, as a list of alternatives; `undefined` for a type that is no stream. A stream is
 * anything with `Symbol.asyncIterator`, and a generator or iterator without: an array or a `Map` is a value.
 */
export function itemsOfStream(type: ts.Type, reader: Reader): readonly ts.Type[] | undefined {
  const items = members(type).map((one) => itemsOfOne(one, reader))
  return items.every((one) => one !== undefined) ? items.flat() : undefined
}

function itemsOfOne(type: ts.Type, { checker }: Reader): readonly ts.Type[] | undefined {
  const properties = checker.getPropertiesOfType(type)
  const bySymbol = (name: string) =>
    properties.find(({ escapedName }) => String(escapedName).startsWith(`__@${name}@`))
  const sync = checker.getPropertyOfType(type, 'next') && bySymbol('iterator')
  const iterator = resultOf(bySymbol('asyncIterator') ?? sync, checker)
  const result = iterator && resultOf(checker.getPropertyOfType(iterator, 'next'), checker)
  if (!result) return undefined
  return members(checker.getAwaitedType(result) ?? result).flatMap((step) => {
    const value = checker.getPropertyOfType(step, 'value')
    return value && !isLast(step, checker) ? [checker.getTypeOfSymbol(value)] : []
  })
}

/** `{ done: true, value: TReturn }`: what a generator returns, not what it yields. */
function isLast(step: ts.Type, checker: ts.TypeChecker): boolean {
  const done = checker.getPropertyOfType(step, 'done')
  return done !== undefined && checker.typeToString(checker.getTypeOfSymbol(done)) === 'true'
}

function resultOf(method: ts.Symbol | undefined, checker: ts.TypeChecker): ts.Type | undefined {
  return method && checker.getTypeOfSymbol(method).getCallSignatures()[0]?.getReturnType()
}
