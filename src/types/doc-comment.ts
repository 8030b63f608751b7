import type ts from 'typescript'
import type { Reader } from './scope.ts'
import { members } from './type-kinds.ts'

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

/**
 * The doc comments of aliases of primitives in a type as it is written (`Probability`, `Probability[]`): the checker
 * takes such an alias for the primitive itself.
 */
export function docsOfTypeNode(node: ts.Node | undefined, reader: Reader): Docs {
  const { ts } = reader
  if (!node) return noDocs
  if (ts.isTypeReferenceNode(node)) return node.typeArguments ? noDocs : docsOfAlias(node, reader)
  if (ts.isParenthesizedTypeNode(node) || ts.isTypeOperatorNode(node))
    return docsOfTypeNode(node.type, reader)
  if (ts.isArrayTypeNode(node)) return { ...docsOfTypeNode(node.elementType, reader), description: '' }
  if (ts.isUnionTypeNode(node))
    return node.types.map((one) => docsOfTypeNode(one, reader)).reduce(mergeDocs, noDocs)
  return noDocs
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
  return text.replace(/\{@link(?:code|plain)?\s+([^}]*)\}/g, '$1').trim()
}

function docsOfAlias(node: ts.TypeReferenceNode, reader: Reader): Docs {
  const { ts, checker } = reader
  const named = checker.getSymbolAtLocation(node.typeName)
  const symbol = named && named.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(named) : named
  if (!symbol || !(symbol.flags & ts.SymbolFlags.TypeAlias)) return noDocs
  if (members(checker.getDeclaredTypeOfSymbol(symbol)).some((type) => type.aliasSymbol)) return noDocs
  const declaration = symbol.declarations?.find(ts.isTypeAliasDeclaration)
  return mergeDocs(docsOfSymbol(symbol, reader), docsOfTypeNode(declaration?.type, reader))
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
