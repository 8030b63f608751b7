import type ts from 'typescript'
import { type Default, defaultOf } from './default-value.ts'
import { type Docs, type DocTag, noDocs, plain } from './doc-comment.ts'
import { parseJson } from './parse-json.ts'
import type { Reader } from './scope.ts'

/** What a parameter's declaration says of a property beside its type: `{ threshold = 0.5 }`, `@param args.threshold`. */
export type Hint = { readonly default?: Default; readonly docs?: Docs; readonly inner?: Hints }
export type Hints = ReadonlyMap<string, Hint>

export const noHints: Hints = new Map()

/** Defaults of a destructuring pattern, and the docs of `@param` tags for the parameter's properties. */
export function hintsOf(parameter: ts.Declaration | undefined, reader: Reader): Hints {
  const { ts } = reader
  if (!parameter || !ts.isParameter(parameter)) return noHints
  const pattern = ts.isObjectBindingPattern(parameter.name) ? hintsOfPattern(parameter.name, reader) : noHints
  return merge(pattern, hintsOfTags(parameter, reader))
}

/** The default in `@param {number} [args.threshold=0.5]`, which the compiler reads past. */
export function defaultOfTag(tag: ts.Declaration | ts.JSDocTag | undefined): Default | undefined {
  const text = tag && /^@\w+\s+(?:\{.*?\}\s*)?\[[^\]=]*=\s*(.*?)\s*\]\s/s.exec(`${tag.getText()} `)?.[1]
  return text === undefined ? undefined : { value: parseJson(text.replace(/^'(.*)'$/, '"$1"')) ?? text }
}

function hintsOfPattern(pattern: ts.ObjectBindingPattern, reader: Reader): Hints {
  const { ts } = reader
  const entries = pattern.elements.flatMap((element): [string, Hint][] => {
    const name = element.propertyName ?? element.name
    if (element.dotDotDotToken || (!ts.isIdentifier(name) && !ts.isStringLiteral(name))) return []
    const value = defaultOf(element.initializer, reader)
    const inner = ts.isObjectBindingPattern(element.name) ? hintsOfPattern(element.name, reader) : undefined
    return [[name.text, { ...(value && { default: value }), ...(inner && { inner }) }]]
  })
  return new Map(entries)
}

/** Tags after a `@param args.x` and before the next one are about `x`. */
function hintsOfTags(parameter: ts.ParameterDeclaration, reader: Reader): Hints {
  const { ts } = reader
  const found = new Map<string, Hint>()
  const roots: string[] = []
  const position = parameter.parent.parameters.indexOf(parameter)
  let current: string | undefined
  for (const tag of ts.getJSDocTags(parameter.parent)) {
    if (!ts.isJSDocParameterTag(tag)) {
      if (current !== undefined) found.set(current, addTag(found.get(current), tag, reader))
      continue
    }
    const [root = '', ...path] = tag.name.getText().split('.')
    if (!roots.includes(root)) roots.push(root)
    current = roots.indexOf(root) === position && path.length === 1 ? path[0] : undefined
    if (current !== undefined) found.set(current, hintOfTag(tag, reader))
  }
  return found
}

function hintOfTag(tag: ts.JSDocParameterTag, { ts }: Reader): Hint {
  const value = defaultOfTag(tag)
  const text = plain(ts.getTextOfJSDocComment(tag.comment) ?? '').replace(/^-\s*/, '')
  return { ...(value && { default: value }), docs: { description: text, tags: [] } }
}

function addTag(hint: Hint | undefined, tag: ts.JSDocTag, { ts }: Reader): Hint {
  const docs = hint?.docs ?? noDocs
  const added: DocTag = { name: tag.tagName.text, text: ts.getTextOfJSDocComment(tag.comment) ?? '' }
  return { ...hint, docs: { ...docs, tags: [...docs.tags, added] } }
}

function merge(first: Hints, second: Hints): Hints {
  const names = new Set([...first.keys(), ...second.keys()])
  return new Map([...names].map((name) => [name, { ...second.get(name), ...first.get(name) }]))
}
