import { FlambeError, type Position, type Problem } from '../errors.ts'

/** A text with a name, and the lines in it: turns offsets into positions and problems. */
export class Source {
  readonly file: string
  readonly text: string
  readonly #starts: readonly number[]

  constructor(file: string, text: string) {
    this.file = file
    this.text = text
    this.#starts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)]
  }

  /** The 1-based position of the characters from offset `start` to `end`, at least one. */
  position(start: number, end = start + 1): Position {
    const offset = Math.min(start, this.text.length)
    const line = this.#lineOf(offset)
    const column = offset - (this.#starts[line - 1] ?? 0) + 1
    const rest = this.line(line).length - column + 1
    return { file: this.file, line, column, length: Math.max(1, Math.min(end - offset, rest)) }
  }

  /** The text of a 1-based line. */
  line(line: number): string {
    const start = this.#starts[line - 1] ?? 0
    return this.text.slice(start, (this.#starts[line] ?? this.text.length + 1) - 1).replace(/\r$/, '')
  }

  problem(position: Position, message: string, hint?: string): Problem {
    return { severity: 'error', message, position, source: this.line(position.line), ...(hint && { hint }) }
  }

  #lineOf(offset: number): number {
    let [low, high] = [0, this.#starts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((this.#starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}

/** All that is wrong with a spec, as one error; the first problem is its message. */
export function specError(file: string, problems: readonly Problem[]): FlambeError {
  const errors = problems.filter(({ severity }) => severity === 'error')
  const [first] = errors
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  return new FlambeError(
    'SPEC_INVALID',
    `${file} is not a valid spec: ${first?.message ?? 'unknown'}${more}`,
    { problems },
  )
}
