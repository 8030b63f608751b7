/** Where a text stops being JSON, 1-based, and what should stand there. */
export type JsonError = {
  readonly line: number
  readonly column: number
  readonly expected: string
  readonly found: string
}

type Awaited = 'a value' | 'a value or ]' | 'a key' | 'a key or }' | ':' | ', or }' | ', or ]' | 'the end'

/** How far the reading has come: what stands open, and what may come at `at`. */
type Reading = { readonly text: string; readonly open: ('{' | '[')[]; awaited: Awaited; at: number }

/**
 * Reads a text that `JSON.parse` refused up to the place that is wrong: the parser tells that in its message alone, and
 * not always.
 */
export function findJsonError(text: string): JsonError {
  const reading: Reading = { text, open: [], awaited: 'a value', at: 0 }
  for (;;) {
    while (/[ \t\n\r]/.test(text.charAt(reading.at))) reading.at++
    const wrong = readToken(reading)
    if (wrong !== undefined) return errorAt(text, reading.at, wrong)
  }
}

/** Takes the token at `at`; what was expected in its place if it is none that may stand there. */
function readToken(reading: Reading): string | undefined {
  const { text, open, awaited, at } = reading
  const character = text.charAt(at)
  if ((character === '}' || character === ']') && awaited.endsWith(character)) {
    open.pop()
    return move(reading, at + 1, afterValue(open))
  }
  if (awaited === ':') return character === ':' ? move(reading, at + 1, 'a value') : awaited
  if (awaited === 'the end') return awaited
  if (awaited.startsWith(',')) {
    if (character !== ',') return awaited
    return move(reading, at + 1, open.at(-1) === '{' ? 'a key' : 'a value')
  }
  if (character === '"') return readString(reading)
  if (awaited.startsWith('a key')) return awaited
  if (character === '{' || character === '[') {
    open.push(character)
    return move(reading, at + 1, character === '{' ? 'a key or }' : 'a value or ]')
  }
  const [word = ''] = /^[\w.+-]*/.exec(text.slice(at, at + 400)) ?? []
  const isScalar = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/.test(word)
  return isScalar ? move(reading, at + word.length, afterValue(open)) : awaited
}

function readString(reading: Reading): string | undefined {
  const { text, open, awaited } = reading
  for (reading.at++; ; reading.at++) {
    const character = text.charAt(reading.at)
    if (character === '"')
      return move(reading, reading.at + 1, awaited.startsWith('a key') ? ':' : afterValue(open))
    if (character < ' ') return character === '' ? 'a closing "' : 'an escape instead of a control character'
    if (character !== '\\') continue
    const [found] = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(reading.at, reading.at + 6)) ?? []
    if (found === undefined) return 'an escape that JSON has'
    reading.at += found.length - 1
  }
}

function move(reading: Reading, at: number, awaited: Awaited): undefined {
  reading.at = at
  reading.awaited = awaited
}

function afterValue(open: readonly ('{' | '[')[]): Awaited {
  const around = open.at(-1)
  if (around === undefined) return 'the end'
  return around === '{' ? ', or }' : ', or ]'
}

function errorAt(text: string, at: number, expected: string): JsonError {
  const before = text.slice(0, at)
  const [word = ''] = /^(?:[\w.+-]{1,20}|.?)/su.exec(text.slice(at, at + 20)) ?? []
  return {
    line: before.split('\n').length,
    column: at - before.lastIndexOf('\n'),
    expected,
    found: word === '' ? 'the end of the body' : JSON.stringify(word),
  }
}
