import type ts from 'typescript'
import type { JsonSchema } from '../construct/index.ts'
import { namesOnly } from './arguments-schema.ts'
import { type Docs, docsOfSymbol, docsOfTypeNode, mergeDocs, remark } from './doc-comment.ts'
import { applyDocs } from './doc-keywords.ts'
import { itemsOfStream } from './item-of-stream.ts'
import { parameterOf } from './parameter.ts'
import { parseJson } from './parse-json.ts'
import { inside, type Place, type Reader } from './scope.ts'
import { lastSignature } from './signature.ts'
import { standalone } from './type-to-schema.ts'
import type { PredictDescription } from './types.ts'
import { presentSchema, unionSchema } from './union-schema.ts'

/** What `predict` takes and gives; of a class with `predictBatch` alone, what it takes and gives for one input. */
export function describePredict(
  instance: ts.Type,
  place: Place,
  reader: Reader,
): PredictDescription | undefined {
  const { ts, checker } = reader
  const single = checker.getPropertyOfType(instance, 'predict')
  const symbol = single ?? checker.getPropertyOfType(instance, 'predictBatch')
  if (!symbol) return undefined
  const at = inside(place, `.${symbol.name}`, symbol.valueDeclaration)
  const method = checker.getNonNullableType(checker.getTypeOfSymbol(symbol))
  const signature = lastSignature(method.getCallSignatures(), at, reader)
  const docs = docsOfSymbol(symbol, reader)
  const description = docs.description === '' ? {} : { description: docs.description }
  if (!signature && !(method.flags & ts.TypeFlags.Any)) return undefined
  if (!signature) {
    reader.notify(at, 'has no types; any input is accepted')
    return { ...description, input: true, output: true }
  }
  const part = single ? (type: ts.Type) => type : (type: ts.Type) => itemOf(type, reader)
  const input = inputSchema(signature, at, { reader, part, docs })
  return { ...description, input, ...outputOf(signature, at, { reader, part, docs }) }
}

type Part = { readonly reader: Reader; readonly part: (type: ts.Type) => ts.Type; readonly docs: Docs }

function inputSchema(signature: ts.Signature, place: Place, { reader, part, docs }: Part): JsonSchema {
  const [symbol] = signature.parameters
  if (!symbol) return true
  const { node, type, hints, isTyped, at } = parameterOf(symbol, inside(place, ' input'), reader)
  if (!isTyped) {
    reader.notify(at, 'has no types; anything is accepted')
    return namesOnly(hints) ?? true
  }
  const description = remark(docsOfSymbol(symbol, reader).description)
  const own = mergeDocs({ description, tags: [] }, docsOfTypeNode(node, reader))
  // Examples of predict are code, or inputs in JSON.
  const examples = docs.tags.filter(({ name, text }) => name === 'example' && parseJson(text) !== undefined)
  return standalone(reader, 'input', (scope) =>
    applyDocs(
      presentSchema(part(type), at, { scope, hints }) ?? { type: 'null' },
      { ...own, tags: [...own.tags, ...examples] },
      { place: at, scope },
    ),
  )
}

function outputOf(
  signature: ts.Signature,
  place: Place,
  { reader, part, docs }: Part,
): Pick<PredictDescription, 'output' | 'stream'> {
  const { checker } = reader
  const at = inside(place, ' output')
  const returned = signature.getReturnType()
  const type = checker.getAwaitedType(returned) ?? returned
  const items = itemsOfStream(type, reader)
  const text = docs.tags.find(({ name }) => /^(returns?|yields?)$/.test(name))?.text ?? ''
  const output = standalone(reader, 'output', (scope) => {
    const schema = items ? unionSchema(items, at, scope) : scope.toSchema(part(type), at)
    return applyDocs(schema, { description: remark(text), tags: [] }, { place: at, scope })
  })
  return items ? { output, stream: true } : { output }
}

/** One of the inputs or outputs of `predictBatch`. */
function itemOf(type: ts.Type, { checker, ts }: Reader): ts.Type {
  return checker.getIndexTypeOfType(type, ts.IndexKind.Number) ?? checker.getAnyType()
}
