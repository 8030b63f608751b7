import { createReadStream, existsSync } from 'node:fs'
import { TextDecoder } from 'node:util'
import { FlambeError } from '../errors.ts'

/** One input of `predict`, or what is wrong with its text; `line` is 1-based, in a file of several rows. */
export type InputRow =
  | { readonly value: unknown; readonly line: number }
  | { readonly error: FlambeError; readonly line: number }

export type Inputs = {
  /** True for NDJSON: several rows, answered one line a row. */
  readonly many: boolean
  readonly rows: AsyncIterable<InputRow>
}

/**
 * Reads what `--input` names: JSON text, `-` for stdin, or a file. A text whose first line is a whole JSON
 * value and that goes on after it is NDJSON, and read line by line as it comes; any other is one JSON value.
 */
export async function readInputs(source: string, { stdin }: { stdin: Chunks }): Promise<Inputs> {
  const inline = /^\s*[[{"\d-]/.test(source) && source !== '-' && isJson(source)
  if (/^\s*[[{]/.test(source) && !inline && !existsSync(source)) throw notJson(source)
  const lines = splitLines(inline ? textChunks(source) : source === '-' ? stdin : fileChunks(source))
  const first = await nextFilled(lines)
  if (first === undefined) throw new FlambeError('INPUT_INVALID', `the input ${nameOf(source)} is empty`)
  if (!isJson(first.text)) return one(first.text, lines, source)
  const second = await nextFilled(lines, first.line)
  if (second === undefined) return one(first.text, lines, source)
  return { many: true, rows: rowsOf(first, second, lines) }
}

/** Text that begins like JSON is meant to be it, and no file's name. */
function notJson(source: string): FlambeError {
  try {
    JSON.parse(source)
    return new FlambeError('INPUT_INVALID', `the input ${source} is not JSON`)
  } catch (cause) {
    return new FlambeError('INPUT_INVALID', `the input ${source} is not JSON`, {
      cause,
      hint: `write names and texts in double quotes, such as '{"features": [1, 2]}'`,
    })
  }
}

type Chunks = AsyncIterable<Uint8Array>

async function* textChunks(source: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(source)
}

/** Readline loses the errors of its stream, so the lines are split here. */
async function* splitLines(chunks: Chunks): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let open = ''
  for await (const chunk of chunks) {
    const [first = '', ...lines] = decode(decoder, chunk).split('\n')
    if (lines.length === 0) open += first
    else {
      yield open + first
      open = lines.pop() ?? ''
      yield* lines
    }
  }
  yield open + decode(decoder)
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined })
  } catch (cause) {
    throw new FlambeError('INPUT_INVALID', 'the input is not UTF-8', { cause })
  }
}

type Line = { readonly text: string; readonly line: number }

async function nextFilled(lines: AsyncIterator<string>, after = 0): Promise<Line | undefined> {
  let line = after
  for (let next = await lines.next(); !next.done; next = await lines.next()) {
    line++
    if (next.value.trim()) return { text: next.value, line }
  }
  return undefined
}

async function one(first: string, lines: AsyncIterator<string>, source: string): Promise<Inputs> {
  const rest: string[] = []
  for (let next = await lines.next(); !next.done; next = await lines.next()) rest.push(next.value)
  const whole = [first, ...rest].join('\n')
  try {
    const value: unknown = JSON.parse(whole)
    const rows = async function* () {
      yield { value, line: 1 }
    }
    return { many: false, rows: rows() }
  } catch (cause) {
    throw new FlambeError('INPUT_INVALID', `the input ${nameOf(source)} is not JSON`, { cause })
  }
}

async function* rowsOf(first: Line, second: Line, lines: AsyncIterator<string>): AsyncGenerator<InputRow> {
  yield parseRow(first)
  let row: Line | undefined = second
  while (row) {
    yield parseRow(row)
    row = await nextFilled(lines, row.line)
  }
}

function parseRow({ text: row, line }: Line): InputRow {
  try {
    return { value: JSON.parse(row), line }
  } catch (cause) {
    return {
      error: new FlambeError('INPUT_INVALID', `line ${line} of the input is not JSON`, { cause }),
      line,
    }
  }
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path)
  } catch (cause) {
    throw new FlambeError('INPUT_INVALID', `the input file ${path} cannot be read`, {
      cause,
      hint: '--input takes a file, - for stdin, or JSON text such as \'{"features": [1, 2]}\'',
    })
  }
}

function isJson(candidate: string): boolean {
  try {
    JSON.parse(candidate)
    return true
  } catch {
    return false
  }
}

function nameOf(source: string): string {
  return source === '-' ? 'from stdin' : `"${source.length > 60 ? `${source.slice(0, 60)}…` : source}"`
}
