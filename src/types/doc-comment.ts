import type ts from 'typescript'
import type { Reader } from './scope.ts'

/** What a doc comment says. */
export type Docs = { readonly description: string; readonly tags: readonly DocTag[] }

export type DocTag = { readonly name: string; readonly text: string }

export const noDocs: Docs = { description: '', tags: [] }

/** The doc comment of a declaration, or of what it overrides or maps. */
export function docsOfSymbol(symbol: ts.Symbol, reader: Reader): Docs {
  const { ts, checker } = reader
  const description = plain(ts.displayPartsToString(symbol.getDocumentationComment(checker)))
  const tags = symbol
    .getJsDocTags(checker)
    .map(({ name, text }) => ({ name, text: ts.displayPartsToString(text) }))
  const [declaration] = symbol.declarations ?? []
  if (description !== '' || tags.length > 0 || !declaration) return { description, tags }
  return docsOnSameLine(declaration, reader)
}

/** Aliases of aliases go this deep at most: a recursive one would go on for ever. */
const maxAliases = 8

/**
 * The doc comments of aliases of primitives in a type as it is written (`Probability`, `Probability[]`): the checker
 * takes such an alias for the primitive itself.
 */
export function docsOfTypeNode(node: ts.Node | undefined, reader: Reader, depth = 0): Docs {
  const { ts } = reader
  const within = (inner: ts.Node) => docsOfTypeNode(inner, reader, depth + 1)
  if (!node || depth > maxAliases) return noDocs
  if (ts.isTypeReferenceNode(node)) return node.typeArguments ? noDocs : docsOfAlias(node, reader, depth)
  if (ts.isParenthesizedTypeNode(node) || ts.isTypeOperatorNode(node)) return within(node.type)
  if (ts.isArrayTypeNode(node)) return { ...within(node.elementType), description: '' }
  return ts.isUnionTypeNode(node) ? node.types.map(within).reduce(mergeDocs, noDocs) : noDocs
}

/** The first one's description and tags win: a later tag of the same name is the more general one. */
export function mergeDocs(first: Docs, second: Docs): Docs {
  const names = new Set(first.tags.map(({ name }) => name))
  return {
    description: first.description || second.description,
    tags: [...first.tags, ...second.tags.filter(({ name }) => !names.has(name))],
  }
}

/** Text of a doc comment, with `{@link Name}` as the name. */
export function plain(text: string): string {
  return text.replace(/\{@link(?:code|plain)?\s+([^}]*?)\s*\}/g, '$1').trim()
}

/** Text after `@param x` or `@returns`, which many write with a dash. */
export function remark(text: string): string {
  return plain(text).replace(/^-\s*/, '')
}

function docsOfAlias(node: ts.TypeReferenceNode, reader: Reader, depth: number): Docs {
  const { ts, checker } = reader
  const named = checker.getSymbolAtLocation(node.typeName)
  const symbol = named && named.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(named) : named
  if (!symbol || !(symbol.flags & ts.SymbolFlags.TypeAlias)) return noDocs
  // A type that knows its alias brings the alias's docs itself.
  const own = checker.getDeclaredTypeOfSymbol(symbol).aliasSymbol ? noDocs : docsOfSymbol(symbol, reader)
  const declaration = symbol.declarations?.find(ts.isTypeAliasDeclaration)
  return mergeDocs(own, docsOfTypeNode(declaration?.type, reader, depth + 1))
}

/** `{ /** Doc *\/ name: string }` on one line, which the compiler takes for a comment on the brace. */
function docsOnSameLine(declaration: ts.Declaration, { ts }: Reader): Docs {
  if (!ts.isPropertySignature(declaration)) return noDocs
  const { text } = declaration.getSourceFile()
  const comments = ts.getTrailingCommentRanges(text, declaration.pos) ?? []
  const comment = comments
    .map(({ pos, end }) => text.slice(pos, end))
    .findLast((one) => one.startsWith('/**'))
  if (comment === undefined) return noDocs
  const [statement] = ts.createSourceFile('doc.ts', `${comment}\n;`, ts.ScriptTarget.Latest, true).statements
  const parts = statement ? ts.getJSDocCommentsAndTags(statement) : []
  const description = parts.filter(ts.isJSDoc).map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '')
  const tags = statement ? ts.getJSDocTags(statement) : []
  return {
    description: plain(description.join('\n')),
    tags: tags.map(({ tagName, comment }) => ({
      name: tagName.text,
      text: ts.getTextOfJSDocComment(comment) ?? '',
    })),
  }
}
