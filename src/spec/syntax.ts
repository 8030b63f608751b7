import { type Document, type ParsedNode, parseAllDocuments } from 'yaml'
import type { Problem } from '../errors.ts'
import { explain } from './slips/explain.ts'
import type { Source } from './source.ts'

export type YamlDocument = Document.Parsed<ParsedNode>

/** Characters: more than any spec needs. What is bigger is data, and belongs in a file. */
const longest = 2_000_000

/**
 * The YAML documents of a text, and what is wrong with its syntax: the first fault of each document, for one slip makes a fault of every line
 * below it. Keys are not checked for being unique here: whoever walks the tree knows both of their lines.
 */
export function parseSyntax(source: Source): {
  readonly documents: readonly YamlDocument[]
  readonly problems: readonly Problem[]
} {
  const ellipses = findEllipses(source)
  if (ellipses.length > 0) return { documents: [], problems: ellipses }
  if (source.text.length > longest) {
    const message = `the spec has ${source.text.length} characters, and ${longest} are the most`
    return {
      documents: [],
      problems: [source.problem(source.position(0), message, 'put data into a file and name it with !file')],
    }
  }
  const options = { uniqueKeys: false, prettyErrors: false, stringKeys: false }
  const documents = [...parseAllDocuments(source.text, options)] as YamlDocument[]
  const errors = documents.flatMap((document) => document.errors)
  const exhausted = errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION')
  if (exhausted) {
    const position = source.position(...exhausted.pos)
    return { documents, problems: [source.problem(position, 'it is nested too deeply')] }
  }
  const firsts = documents.flatMap((document) => document.errors.slice(0, 1))
  const problems = firsts.map(({ code, message, pos: [start, end] }) => {
    const slip = explain(source.text, { code, message, start, end })
    return source.problem(source.position(slip.start, slip.end), slip.message, slip.hint)
  })
  return { documents, problems }
}

/** A line of dots stands for "and so on" in the documentation; in YAML `...` alone at the margin ends a document. */
function findEllipses(source: Source): Problem[] {
  return Array.from(source.text.matchAll(/^([ \t]*)(\.\.\.?)[ \t]*\r?$/gm))
    .filter(([, indent = '', dots = '']) => dots === '..' || indent !== '')
    .map(({ index, 1: indent = '', 2: dots = '' }) => {
      const start = index + indent.length
      const message = `"${dots}" is an ellipsis of the documentation, not part of a spec`
      return source.problem(source.position(start, start + dots.length), message, 'remove the line')
    })
}
