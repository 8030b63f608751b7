import type ts from 'typescript'
import type { JsonSchema } from '../construct/index.ts'
import { type Default, defaultOf } from './default-value.ts'
import { docsOfSymbol, docsOfTypeNode, mergeDocs, noDocs } from './doc-comment.ts'
import { applyDocs } from './doc-keywords.ts'
import type { Hint } from './hints.ts'
import { defaultOfTag } from './param-tags.ts'
import { inside, type Place, type Scope } from './scope.ts'
import { isAbsent, members } from './type-kinds.ts'
import { presentSchema } from './union-schema.ts'

export type Property = { readonly schema: JsonSchema; readonly required: boolean }

/** A property's schema with its docs and default; it may be left out if it is optional, may be undefined, or has a default. */
export function propertySchema(
  symbol: ts.Symbol,
  place: Place,
  { scope, hint = {} }: { readonly scope: Scope; readonly hint?: Hint },
): Property {
  const { ts, checker } = scope
  const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0]
  const at = inside(place, `.${symbol.name}`, declaration)
  const type = checker.getTypeOfSymbol(symbol)
  const isNeeded =
    !(symbol.flags & ts.SymbolFlags.Optional) && !members(type).some((one) => isAbsent(one, ts))
  const schema = presentSchema(type, at, { scope, hints: hint.inner }) ?? false
  const node = declaration && 'type' in declaration ? typeNodeOf(declaration, ts) : undefined
  const docs = [docsOfSymbol(symbol, scope), hint.docs ?? noDocs, docsOfTypeNode(node, scope)].reduce(
    mergeDocs,
  )
  const value = scope.use === 'output' ? undefined : (hint.default ?? declaredDefault(declaration, scope))
  return {
    schema: withDefault(applyDocs(schema, docs, { place: at, scope }), value),
    required: isNeeded && !value,
  }
}

/** A property that only a `@param` tag tells. */
export function hintedSchema(hint: Hint, place: Place, scope: Scope): Property | undefined {
  const { type, docs = noDocs, default: value } = hint
  if (!type) return undefined
  const schema = applyDocs(scope.toSchema(type, place), docs, { place, scope })
  return { schema: withDefault(schema, value), required: !value }
}

/** `threshold = 0.5` of a class (read through `Pick<Engine, 'threshold'>` or as a class of options), or of a JSDoc tag. */
function declaredDefault(declaration: ts.Declaration | undefined, scope: Scope): Default | undefined {
  const { ts } = scope
  if (!declaration) return undefined
  if (ts.isPropertyDeclaration(declaration)) return defaultOf(declaration.initializer, scope)
  return ts.isJSDocPropertyLikeTag(declaration) ? defaultOfTag(declaration) : undefined
}

function withDefault(schema: JsonSchema, value: Default | undefined): JsonSchema {
  if (value?.value === undefined || schema === false) return schema
  return { ...(schema === true ? {} : schema), default: value.value }
}

function typeNodeOf(declaration: ts.Declaration, ts: Scope['ts']): ts.TypeNode | undefined {
  return ts.isPropertySignature(declaration) ||
    ts.isPropertyDeclaration(declaration) ||
    ts.isParameter(declaration)
    ? declaration.type
    : undefined
}
