import type ts from 'typescript'
import type { JsonSchema } from '../construct/index.ts'
import type { TypeScript } from './scope.ts'
import { bigint } from './special-types.ts'
import { isTemplate } from './type-kinds.ts'

/** The schema of a type that is no object and no union of objects; `undefined` for all others. */
export function primitiveSchema(type: ts.Type, ts: TypeScript): JsonSchema | undefined {
  const { TypeFlags } = ts
  const is = (flags: ts.TypeFlags) => (type.flags & flags) !== 0
  if (is(TypeFlags.Unknown)) return true
  if (is(TypeFlags.Never)) return false
  // JSON has no `undefined`: where a value must stand, it is `null`, as in JSON.stringify([undefined]).
  if (is(TypeFlags.Null | TypeFlags.Undefined | TypeFlags.Void)) return { type: 'null' }
  if (is(TypeFlags.Boolean)) return { type: 'boolean' }
  if (type.isStringLiteral()) return { type: 'string', const: type.value }
  if (type.isNumberLiteral()) return { type: 'number', const: type.value }
  if (is(TypeFlags.BooleanLiteral)) return { type: 'boolean', const: isTrue(type) }
  if (isTemplate(type, ts)) return { type: 'string', pattern: templatePattern(type, ts) }
  if (is(TypeFlags.StringLike)) return { type: 'string' }
  if (is(TypeFlags.NumberLike)) return { type: 'number' }
  if (is(TypeFlags.BigIntLike)) return bigint
  if (is(TypeFlags.NonPrimitive)) return { type: 'object' }
  return undefined
}

/** A regular expression for `v${number}.${string}`. */
export function templatePattern(type: ts.TemplateLiteralType, ts: TypeScript): string {
  const holes = type.types.map((hole) => {
    if (isTemplate(hole, ts)) return templatePattern(hole, ts).slice(1, -1)
    if (hole.flags & ts.TypeFlags.Number) return '[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?'
    return hole.flags & ts.TypeFlags.BigInt ? '-?\\d+' : '[\\s\\S]*'
  })
  const [first = '', ...texts] = type.texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
  return `^${first}${texts.map((text, index) => `${holes[index] ?? ''}${text}`).join('')}$`
}

/** The checker gives no value of a boolean literal, but its name. */
function isTrue(type: ts.Type): boolean {
  return 'intrinsicName' in type && type.intrinsicName === 'true'
}
