import type ts from 'typescript'
import type { Json } from '../construct/index.ts'
import type { Reader } from './scope.ts'

/** A default that code declares; `value` is undefined where JSON cannot say it (a call, a function, NaN). */
export type Default = { readonly value: Json | undefined }

/**
 * The value of an initializer that is written out: literals, arrays and objects of them, and names of constants and
 * enum members that are. Only the text counts, never what a call would give, so that the cache can know of every change.
 */
export function defaultOf(initializer: ts.Expression | undefined, reader: Reader): Default | undefined {
  return initializer && { value: written(initializer, reader) }
}

function written(node: ts.Expression, reader: Reader): Json | undefined {
  const { ts } = reader
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isNumericLiteral(node)) return finite(Number(node.text))
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false
  if (node.kind === ts.SyntaxKind.NullKeyword) return null
  if (ts.isArrayLiteralExpression(node)) return listOf(node.elements, reader)
  if (ts.isObjectLiteralExpression(node)) return objectOf(node, reader)
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)) {
    return written(node.expression, reader)
  }
  if (ts.isPrefixUnaryExpression(node)) {
    const operand = written(node.operand, reader)
    if (typeof operand !== 'number') return undefined
    if (node.operator === ts.SyntaxKind.MinusToken) return -operand
    return node.operator === ts.SyntaxKind.PlusToken ? operand : undefined
  }
  return ts.isIdentifier(node) || ts.isPropertyAccessExpression(node) ? constantOf(node, reader) : undefined
}

function listOf(elements: readonly ts.Expression[], reader: Reader): Json | undefined {
  const values = elements.map((element) => written(element, reader))
  return values.every((value) => value !== undefined) ? values : undefined
}

function objectOf(node: ts.ObjectLiteralExpression, reader: Reader): Json | undefined {
  const { ts } = reader
  const entries: [string, Json][] = []
  for (const property of node.properties) {
    if (!ts.isPropertyAssignment(property) || ts.isComputedPropertyName(property.name)) return undefined
    const value = written(property.initializer, reader)
    if (value === undefined) return undefined
    entries.push([property.name.text, value])
  }
  return Object.fromEntries(entries)
}

/** The value of `DEFAULT_THRESHOLD` or `Level.High`, through imports. */
function constantOf(node: ts.Identifier | ts.PropertyAccessExpression, reader: Reader): Json | undefined {
  const { ts, checker } = reader
  const named = checker.getSymbolAtLocation(node)
  const symbol = named && named.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(named) : named
  const declaration = symbol?.valueDeclaration
  if (!declaration) return undefined
  if (ts.isEnumMember(declaration)) return checker.getConstantValue(declaration)
  if (!ts.isVariableDeclaration(declaration) || !(ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const))
    return undefined
  return declaration.initializer && written(declaration.initializer, reader)
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}
