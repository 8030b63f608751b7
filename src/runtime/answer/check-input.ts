import {
  compileValidator,
  type JsonSchema,
  reviver,
  type Validate,
  type Violation,
} from '../../construct/index.ts'
import { failure } from '../problems.ts'

/** Levels of nesting: what walks a value later does so by recursion. */
const deepest = 512

/** Violations that are told: a long list of wrong items must not make a long answer. */
const most = 100

/** Bytes from which on only the first violation is looked for. */
const large = 2 ** 20

/** Takes a JSON value as the input of `predict`; `size` is that of its text. */
export type InputCheck = (value: unknown, size?: number) => unknown

/**
 * Makes a function that takes inputs of a schema, their types revived. It throws a `ServeFailure`, `input-invalid` with
 * every violation. The schema is compiled, unless it was before.
 */
export async function createInputCheck(
  schema: JsonSchema,
  compiled: { readonly validate?: Validate | undefined } = {},
): Promise<InputCheck> {
  const check = compiled.validate ?? (await compileValidator(schema))
  const revive = reviver(schema)
  return (value, size = 0) => {
    const unfit = findUnfit(value, 0)
    const violations = unfit ? [unfit] : check(value, { first: size > large })
    if (violations.length > 0) throw misfit(violations)
    return revive(value)
  }
}

/**
 * What no schema may let through: the text 1e999, which `JSON.parse` makes Infinity; a key that would set the prototype of
 * what it is copied to; nesting that would exhaust the stack.
 */
function findUnfit(value: unknown, depth: number): Violation | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : tooLarge
  if (typeof value !== 'object' || value === null) return undefined
  if (depth === deepest) return { pointer: '', message: `is nested deeper than ${deepest} levels` }
  if (ArrayBuffer.isView(value)) return undefined
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item = value[index]
      // Most lists are of numbers, and one that is handed to a function is copied to the heap first.
      if (typeof item === 'number' && Number.isFinite(item)) continue
      const found = findUnfit(item, depth + 1)
      if (found) return under(index, found)
    }
    return undefined
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return { pointer: '/__proto__', message: 'is a key that is not taken' }
    const found = findUnfit(Reflect.get(value, key), depth + 1)
    if (found) return under(key, found)
  }
  return undefined
}

const tooLarge: Violation = { pointer: '', message: 'is too large a number' }

function under(key: string | number, { pointer, message }: Violation): Violation {
  return { pointer: `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}${pointer}`, message }
}

function misfit(violations: readonly Violation[]): Error {
  const [first] = violations
  const more = violations.length > 1 ? `, and ${violations.length - 1} more` : ''
  const place = first?.pointer || 'the input'
  return failure('input-invalid', `${place} ${first?.message}${more}`, {
    violations: violations.slice(0, most),
  })
}
