import type ts from 'typescript'
import type { JsonSchema } from '../construct/index.ts'
import { arraySchema } from './array-schema.ts'
import { define, finish, nesting, newDefinitions } from './definitions.ts'
import { docsOfSymbol, noDocs } from './doc-comment.ts'
import { applyDocs } from './doc-keywords.ts'
import { type Hints, noHints } from './hints.ts'
import { instanceSchema } from './instance-schema.ts'
import { primitiveSchema } from './primitive-schema.ts'
import { inside, type Place, type Reader, type Scope, type Use } from './scope.ts'
import { specialSchema } from './special-types.ts'
import { isCallable, isObject, isReference, members } from './type-kinds.ts'
import { unionSchema } from './union-schema.ts'
import { valueSchema } from './value-schema.ts'

/** No type that people write is deeper. */
const maxDepth = 40
/** Generics that expand without end (`Nest<T> = { inner: Nest<T[]> }`) stop here. */
const maxNesting = 5

/** Makes one schema that stands alone: `build` converts its types with the scope that it is given. */
export function standalone(reader: Reader, use: Use, build: (scope: Scope) => JsonSchema): JsonSchema {
  const definitions = newDefinitions()
  const scope: Scope = {
    ...reader,
    use,
    definitions,
    toSchema: (type, place, hints) => convert(type, place, { scope, hints }),
  }
  return finish(build(scope), definitions)
}

function convert(
  type: ts.Type,
  place: Place,
  { scope, hints = noHints }: { scope: Scope; hints?: Hints | undefined },
): JsonSchema {
  const { ts } = scope
  if (place.depth > maxDepth) return anything(type, place, scope)
  if (type.flags & ts.TypeFlags.Any) return anySchema(type, place, scope)
  const primitive = primitiveSchema(type, ts)
  if (primitive !== undefined) return primitive
  if (type.flags & ts.TypeFlags.Instantiable) return constraintSchema(type, place, scope)
  if (type.isUnion()) return named(type, place, { scope, hints })
  if (type.isIntersection()) {
    const part = type.types.find((one) => isLeaf(one, scope))
    if (part) return convert(part, inside(place, ''), { scope })
  }
  const special = specialSchema(type)
  if (special !== 'ordinary') return special ?? anything(type, place, scope)
  const instance = instanceSchema(type, scope)
  if (instance) return instance
  const isCode = isCallable(type) || (type.flags & ts.TypeFlags.ESSymbolLike) !== 0
  return isCode ? anything(type, place, scope) : named(type, place, { scope, hints })
}

/**
 * Objects, arrays and unions. What has a name, and objects without, can be recursive and are defined once; but hints
 * are for one place alone.
 */
function named(type: ts.Type, place: Place, { scope, hints }: { scope: Scope; hints: Hints }): JsonSchema {
  const { ts } = scope
  const symbol = nameOf(type, scope)
  const shared =
    symbol !== undefined && members(type).some((one) => isObject(one, ts) || one.isIntersection())
  const build = () => {
    const schema = type.isUnion()
      ? unionSchema(type.types, inside(place, ''), scope)
      : (arraySchema(type, place, scope) ?? valueSchema(type, place, { scope, hints }))
    return applyDocs(schema, symbol ? docsOfSymbol(symbol, scope) : noDocs, { place, scope })
  }
  const canRecur = symbol !== undefined || (isObject(type, ts) && !isReference(type, ts))
  if (!canRecur || hints.size > 0) return build()
  if (symbol && nesting(symbol.name, scope.definitions) > maxNesting) return anything(type, place, scope)
  return define(type, build, { definitions: scope.definitions, name: symbol?.name ?? 'Nested', shared })
}

/** The name that the user (or a package) gave the type; not that of a helper such as `Partial`. */
function nameOf(type: ts.Type, { ts, program }: Scope): ts.Symbol | undefined {
  const symbol = type.aliasSymbol ?? type.getSymbol()
  const isName = ts.SymbolFlags.Interface | ts.SymbolFlags.Class | ts.SymbolFlags.TypeAlias
  if (!symbol || !(symbol.flags & isName)) return undefined
  const [declaration] = symbol.declarations ?? []
  return declaration && program.isSourceFileDefaultLibrary(declaration.getSourceFile()) ? undefined : symbol
}

/** Brands (`string & { __brand: 'id' }`) are what they brand. */
function isLeaf(type: ts.Type, { ts, checker }: Scope): boolean {
  if (type.flags & (ts.TypeFlags.NonPrimitive | ts.TypeFlags.Unknown)) return false
  if (primitiveSchema(type, ts) !== undefined || checker.isArrayType(type) || checker.isTupleType(type))
    return true
  return specialSchema(type) !== 'ordinary'
}

function constraintSchema(type: ts.Type, place: Place, scope: Scope): JsonSchema {
  const constraint = scope.checker.getBaseConstraintOfType(type)
  if (!constraint || constraint === type) return anything(type, place, scope)
  return convert(constraint, inside(place, ''), { scope })
}

/** An `any` that was written is meant; one that stands for a type not found is not. */
function anySchema(type: ts.Type, { path, node, depth }: Place, { ts, notify }: Scope): JsonSchema {
  if ('intrinsicName' in type && type.intrinsicName === 'any') return true
  const isTyped =
    node && (ts.isParameter(node) || ts.isPropertySignature(node) || ts.isPropertyDeclaration(node))
  const written = isTyped ? node.type?.getText() : undefined
  notify(
    { path, node, depth },
    `${written ? `\`${written}\`` : 'its type'} cannot be found; any value is accepted`,
  )
  return true
}

function anything(type: ts.Type, place: Place, { checker, notify }: Scope): JsonSchema {
  notify(place, `\`${checker.typeToString(type)}\` has no form in JSON Schema; any value is accepted`)
  return true
}
