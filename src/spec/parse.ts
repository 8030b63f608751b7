import { TextDecoder } from 'node:util'
import { FlambeError, type Problem } from '../errors.ts'
import { applyOverrides, type Override } from './override.ts'
import { Source, specError } from './source.ts'
import type { ExtensionDeclaration, Spec, SpecNode, TaggedNode } from './spec.ts'
import { parseSyntax, type YamlDocument } from './syntax.ts'
import { TreeWalk } from './walk.ts'

export type ParseSpecOptions = {
  /** What positions name: the path as the user gave it. */
  readonly file?: string
  /** Values that take the place of the spec's. */
  readonly overrides?: readonly Override[]
}

/**
 * Parses the text of a spec: an optional mapping of extensions, then one tagged Runnable.
 * @throws FlambeError `SPEC_INVALID` with all `problems` of the text, each with its position.
 */
export function parseSpec(text: string, { file = 'spec.yaml', overrides = [] }: ParseSpecOptions = {}): Spec {
  const source = new Source(file, text.replace(/^\uFEFF/, ''))
  const { documents, problems: syntax } = parseSyntax(source)
  if (syntax.length > 0) throw specError(file, syntax)
  const [header, body] = splitDocuments(documents, source)
  const problems: Problem[] = []
  const extensions = header ? readExtensions(header, { source, problems }) : []
  const root = readRoot(body, { source, problems })
  if (!root || problems.some(isError)) throw specError(file, problems)
  const changed = applyOverrides(root, overrides)
  if (changed.problems.length > 0) throw specError(file, changed.problems)
  return { file, text, extensions, root: changed.root, warnings: problems.filter((one) => !isError(one)) }
}

/** The text of a spec's bytes, which must be UTF-8. */
export function decodeSpec(bytes: Uint8Array, { file = 'spec.yaml' }: { file?: string } = {}): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new FlambeError('SPEC_INVALID', `${file} is not UTF-8 text`, { cause, hint: 'save it as UTF-8' })
  }
}

const isError = ({ severity }: Problem) => severity === 'error'

type Reading = { readonly source: Source; readonly problems: Problem[] }

function splitDocuments(
  documents: readonly YamlDocument[],
  source: Source,
): [YamlDocument | undefined, YamlDocument] {
  const [first, second] = documents
  const fail = (message: string, at = 0, hint?: string) =>
    specError(source.file, [source.problem(source.position(at), message, hint)])
  if (!first || (documents.length === 1 && isEmpty(first))) throw fail('the spec is empty')
  if (documents.length > 2) {
    const third = documents[2]?.range?.[0] ?? 0
    throw fail(
      `${source.file} should contain an (optional) extensions section and the main runnable object.`,
      third,
    )
  }
  return second ? [first, second] : [undefined, first]
}

const isEmpty = ({ contents }: YamlDocument) =>
  contents === null || ('value' in contents && contents.value === null && contents.tag === undefined)

const headerForm = 'extensions must be a mapping module: location'

function readExtensions(document: YamlDocument, { source, problems }: Reading): ExtensionDeclaration[] {
  const walk = new TreeWalk(document, source)
  const node = walk.root()
  problems.push(...walk.problems)
  const fail = (position = source.position(document.range[0]), message = headerForm) =>
    void problems.push(
      source.problem(position, message, 'for example "ext: ./my_extension", then a line "---"'),
    )
  if (node?.kind !== 'mapping') {
    fail(node?.position)
    return []
  }
  return node.entries.flatMap(({ key, keyPosition, value }) => {
    if (value.kind !== 'scalar' || typeof value.value !== 'string' || value.value === '') {
      fail(value.position, `${headerForm}, and the location of "${key}" is no text`)
      return []
    }
    if (!/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(key)) {
      fail(
        keyPosition,
        `"${key}" cannot be the name of an extension: it is part of tags such as !${key}.Name`,
      )
      return []
    }
    return [{ name: key, location: value.value, position: value.position }]
  })
}

function readRoot(document: YamlDocument, { source, problems }: Reading): TaggedNode | undefined {
  const walk = new TreeWalk(document, source)
  const node: SpecNode | undefined = walk.root()
  problems.push(...walk.problems)
  if (node?.kind === 'tagged') return node
  if (walk.problems.some(isError)) return undefined
  const position = node?.position ?? source.position(document.range[0])
  const hint =
    'the main object is tagged: it starts with !Builder, !DockerBuilder or a Runnable of an extension; extensions stand above it, with a line "---" between'
  problems.push(source.problem(position, 'Tried to run a non-Runnable: the main object has no tag', hint))
  return undefined
}
