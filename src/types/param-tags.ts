import type ts from 'typescript'
import type { Default } from './default-value.ts'
import { noDocs, remark } from './doc-comment.ts'
import type { Hint, Hints } from './hints.ts'
import { parseJson } from './parse-json.ts'
import { isScript, type Reader } from './scope.ts'

/** Tags that after a `@param` are still about the method. */
const ofMethod = ['example', 'examples', 'deprecated', 'title']

/**
 * What `@param args.x` tags say of a parameter's properties: description, default, and the constraints (`@minimum 0`)
 * that follow. In JavaScript the compiler ends the object's type at such a constraint: the type of a property after
 * it is in the hint.
 */
export function hintsOfTags(parameter: ts.ParameterDeclaration, reader: Reader): Hints {
  const { ts } = reader
  const position = parameter.parent.parameters.indexOf(parameter)
  const found = new Map<string, Hint>()
  const roots: string[] = []
  let current: string | undefined
  for (const { tag, isOutside } of ts.getJSDocTags(parameter.parent).flatMap((one) => withNested(one, ts))) {
    if (ts.isJSDocReturnTag(tag)) current = undefined
    if (!ts.isJSDocPropertyLikeTag(tag)) {
      const hint = current !== undefined && !ofMethod.includes(tag.tagName.text) && found.get(current)
      if (current !== undefined && hint) found.set(current, withTag(hint, tag, ts))
      continue
    }
    const [root = '', ...path] = tag.name.getText().split('.')
    if (!roots.includes(root)) roots.push(root)
    current = roots.indexOf(root) === position && path.length === 1 ? path[0] : undefined
    if (current !== undefined) found.set(current, hintOf(tag, { reader, isOutside }))
  }
  return found
}

/** The default in `@param {number} [args.threshold=0.5]`, which the compiler reads past. */
export function defaultOfTag(tag: ts.JSDocPropertyLikeTag): Default | undefined {
  const text = /^@\w+\s+(?:\{.*?\}\s*)?\[[^\]=]*=\s*(.*?)\s*\]\s/s.exec(`${tag.getText()} `)?.[1]
  return text === undefined ? undefined : { value: parseJson(text.replace(/^'(.*)'$/, '"$1"')) ?? text }
}

type Tag = { readonly tag: ts.JSDocTag; readonly isOutside: boolean }

/** `@param {object} args` holds the tags of its properties. */
function withNested(tag: ts.JSDocTag, ts: Reader['ts']): readonly Tag[] {
  const type = ts.isJSDocParameterTag(tag) ? tag.typeExpression?.type : undefined
  const nested = type && ts.isJSDocTypeLiteral(type) ? (type.jsDocPropertyTags ?? []) : []
  return [{ tag, isOutside: true }, ...nested.map((one) => ({ tag: one, isOutside: false }))]
}

function hintOf(
  tag: ts.JSDocPropertyLikeTag,
  { reader, isOutside }: { reader: Reader; isOutside: boolean },
): Hint {
  const { ts, checker } = reader
  const value = defaultOfTag(tag) ?? (tag.isBracketed ? { value: undefined } : undefined)
  const text = remark(ts.getTextOfJSDocComment(tag.comment) ?? '')
  const type = isOutside && isScript(tag.getSourceFile().fileName) ? tag.typeExpression?.type : undefined
  return {
    ...(value && { default: value }),
    docs: { description: text, tags: [] },
    ...(type && !ts.isJSDocTypeLiteral(type) && { type: checker.getTypeFromTypeNode(type) }),
  }
}

function withTag(hint: Hint, tag: ts.JSDocTag, ts: Reader['ts']): Hint {
  const docs = hint.docs ?? noDocs
  const added = { name: tag.tagName.text, text: ts.getTextOfJSDocComment(tag.comment) ?? '' }
  return { ...hint, docs: { ...docs, tags: [...docs.tags, added] } }
}
