import type ts from 'typescript'
import { type Default, defaultOf } from './default-value.ts'
import type { Docs } from './doc-comment.ts'
import type { Reader } from './scope.ts'

/** What a parameter's declaration says of a property beside its type: `{ threshold = 0.5 }`, `@param args.threshold`. */
export type Hint = {
  readonly default?: Default
  readonly docs?: Docs
  readonly inner?: Hints
  /** The type in a `@param {number} args.threshold` that the compiler does not count to the parameter's type. */
  readonly type?: ts.Type
}

export type Hints = ReadonlyMap<string, Hint>

export const noHints: Hints = new Map()

/** Defaults of a destructuring pattern. */
export function hintsOfPattern(pattern: ts.ObjectBindingPattern, reader: Reader): Hints {
  const { ts } = reader
  const entries = pattern.elements.flatMap((element): [string, Hint][] => {
    const name = element.propertyName ?? element.name
    if (element.dotDotDotToken || (!ts.isIdentifier(name) && !ts.isStringLiteral(name))) return []
    const value = defaultOf(element.initializer, reader)
    const inner = ts.isObjectBindingPattern(element.name) ? hintsOfPattern(element.name, reader) : undefined
    return [[name.text, { ...(value && { default: value }), ...(inner && { inner }) }]]
  })
  return new Map(entries)
}

/** All that is said of a property by either; where both say the same thing, the first. */
export function mergeHints(first: Hints, second: Hints): Hints {
  const names = new Set([...first.keys(), ...second.keys()])
  return new Map([...names].map((name) => [name, { ...second.get(name), ...first.get(name) }]))
}
