import { compileValidator, type JsonSchema } from '../../construct/index.ts'
import { type Answer, ServeFailure } from '../exchange.ts'
import { failure } from '../problems.ts'
import { bytesOf, toJson } from './to-json.ts'

export type OutputWriter = {
  /** What `predict` gave, as the bytes of an answer; the items of a stream one by one where `stream` asks so. */
  readonly write: (output: unknown, options: { readonly stream: boolean }) => Answer | Promise<Answer>
  /** The same as JSON data; of a stream, all its items as a list. */
  readonly toData: (output: unknown) => unknown
}

export type OutputOptions = {
  /** Check answers against the schema. */
  readonly strict: boolean
}

/** Writes what `predict` gives, which should fit `schema`; of a stream each item should. */
export async function createOutputWriter(
  schema: JsonSchema,
  { strict }: OutputOptions,
): Promise<OutputWriter> {
  const check = await compileValidator(strict ? schema : true)
  const mediaType = typeof schema === 'object' ? schema['contentMediaType'] : undefined
  const bytesType = typeof mediaType === 'string' ? mediaType : 'application/octet-stream'
  const toItem = (item: unknown) => {
    const data = settled(() => toJson(item))
    const violations = check(data)
    if (violations.length === 0) return data
    const [{ pointer = '', message = '' } = {}] = violations
    throw failure('output-invalid', `${pointer || 'the output'} ${message}`, { violations })
  }
  const text = (item: unknown) => settled(() => JSON.stringify(toItem(item)))
  return {
    toData: (output) => (isStream(output) ? collect(output, toItem) : toItem(output)),
    write: (output, { stream }) => {
      if (isStream(output)) {
        if (stream) return { kind: 'items', items: each(output, (item) => Buffer.from(text(item))) }
        return collect(output, text).then((items) => json(`[${items.join(',')}]`))
      }
      const bytes = bytesOf(output)
      return bytes ? { kind: 'value', contentType: bytesType, body: bytes } : json(text(output))
    },
  }
}

/** Characters from which on a text is encoded at once, here: the thread that sends answers has other things to do. */
const long = 8192

function json(text: string): Answer {
  const body = text.length < long ? text : Buffer.from(text)
  return { kind: 'value', contentType: 'application/json', body }
}

/** What user code that writing runs (`toJSON`, getters) throws is a failure of the output. */
function settled<T>(write: () => T): T {
  try {
    return write()
  } catch (cause) {
    if (cause instanceof ServeFailure) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw failure('output-invalid', `the output cannot be written as JSON: ${reason}`, { cause })
  }
}

/** A stream is what has `next`, too: a list or a `Map` is a value. */
function isStream(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof value !== 'object' || value === null) return false
  return Symbol.asyncIterator in value || (Symbol.iterator in value && 'next' in value)
}

async function* each<T>(
  items: AsyncIterable<unknown> | Iterable<unknown>,
  to: (item: unknown) => T,
): AsyncGenerator<T> {
  for await (const item of items) yield to(item)
}

async function collect<T>(
  items: AsyncIterable<unknown> | Iterable<unknown>,
  to: (item: unknown) => T,
): Promise<T[]> {
  return Array.fromAsync(items, to)
}
