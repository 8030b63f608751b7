import type ts from 'typescript'
import type { JsonSchema } from '../construct/index.ts'
import { type Hints, noHints } from './hints.ts'
import { templatePattern } from './primitive-schema.ts'
import { hintedSchema, propertySchema } from './property-schema.ts'
import { inside, type Place, type Reader, type Scope, type TypeScript } from './scope.ts'
import { isCallable, isClassInstance, isTemplate } from './type-kinds.ts'

type Keywords = Exclude<JsonSchema, boolean>

/**
 * The schema of an object type: its public data. In arguments and input it is closed (an unknown key is refused, as
 * TypeScript does for a literal) unless it has an index signature; output is open, since a value may have more than
 * its type says.
 */
export function objectSchema(
  type: ts.Type,
  place: Place,
  { scope, hints = noHints }: { readonly scope: Scope; readonly hints?: Hints },
): Keywords {
  const known = dataOf(type, scope).map((symbol) => {
    const hint = hints.get(symbol.name)
    return [symbol.name, propertySchema(symbol, place, { scope, ...(hint && { hint }) })] as const
  })
  const names = new Set(known.map(([name]) => name))
  const hinted = [...hints].flatMap(([name, hint]) => {
    const property = names.has(name) ? undefined : hintedSchema(hint, inside(place, `.${name}`), scope)
    return property ? [[name, property] as const] : []
  })
  const found = [...known, ...hinted]
  const properties = Object.fromEntries(found.map(([name, { schema }]) => [name, schema]))
  const required = found.filter(([, one]) => one.required).map(([name]) => name)
  return {
    type: 'object',
    ...(found.length > 0 && { properties }),
    ...(required.length > 0 && { required }),
    ...indexKeywords(type, place, scope),
  }
}

/** Names of the methods that a type declares: an object with methods is more than data. */
export function methodsOf(type: ts.Type, reader: Reader): readonly string[] {
  const properties = reader.checker.getPropertiesOfType(type).filter((one) => isPublic(one, reader))
  return properties.filter(({ flags }) => flags & reader.ts.SymbolFlags.Method).map(({ name }) => name)
}

function dataOf(type: ts.Type, scope: Scope): readonly ts.Symbol[] {
  const { ts, checker, use } = scope
  const isInstance = isClassInstance(type, ts)
  return checker.getPropertiesOfType(type).filter((symbol) => {
    if (!isPublic(symbol, scope)) return false
    // Methods and accessors of a class are on its prototype, which JSON does not see.
    if (isInstance && symbol.flags & (ts.SymbolFlags.Method | ts.SymbolFlags.Accessor)) return false
    return use !== 'output' || !isLeftOut(checker.getTypeOfSymbol(symbol), ts)
  })
}

/** What JSON.stringify leaves out of an object. */
function isLeftOut(type: ts.Type, ts: TypeScript): boolean {
  return isCallable(type) || (type.flags & ts.TypeFlags.ESSymbolLike) !== 0
}

function isPublic(symbol: ts.Symbol, { ts }: Reader): boolean {
  // The checker's names of #private members and of symbols.
  if (/^__[#@]/.test(String(symbol.escapedName))) return false
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected
  return !symbol.declarations?.some((one) => ts.getCombinedModifierFlags(one) & hidden)
}

function indexKeywords(type: ts.Type, place: Place, scope: Scope): Keywords {
  const { ts, checker, use } = scope
  const patterns: Record<string, JsonSchema> = {}
  let rest: JsonSchema = use === 'output'
  for (const { keyType, type: value } of checker.getIndexInfosOfType(type)) {
    const schema = scope.toSchema(value, inside(place, '[key]'))
    if (keyType.flags & ts.TypeFlags.String) rest = schema
    else if (keyType.flags & ts.TypeFlags.Number) patterns['^-?\\d+(\\.\\d+)?$'] = schema
    else if (isTemplate(keyType, ts)) patterns[templatePattern(keyType, ts)] = schema
  }
  return {
    ...(Object.keys(patterns).length > 0 && { patternProperties: patterns }),
    ...(rest !== true && { additionalProperties: rest }),
  }
}
