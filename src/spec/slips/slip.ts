/** What is wrong with a text, in a user's words: offsets into the text, and what to do. */
export type Slip = {
  readonly start: number
  readonly end: number
  readonly message: string
  readonly hint?: string
}

/** What the parser says is wrong: https://eemeli.org/yaml/#errors */
export type SyntaxFault = {
  readonly code: string
  readonly message: string
  readonly start: number
  readonly end: number
}

/** A line of a text. */
export type Line = {
  /** 1-based, as people count. */
  readonly number: number
  /** Offset of its first character. */
  readonly offset: number
  readonly text: string
  /** Characters of white space before what it says. */
  readonly indent: number
  /** Neither blank nor a comment alone. */
  readonly says: boolean
}

/** A fault, and the text around it. */
export type Case = {
  readonly fault: SyntaxFault
  readonly text: string
  readonly lines: readonly Line[]
  /** The line of the fault, as an index. */
  readonly at: number
}

export function linesOf(text: string): readonly Line[] {
  let offset = 0
  return text.split('\n').map((raw, index) => {
    const line = raw.replace(/\r$/, '')
    const indent = /^\s*/.exec(line)?.[0].length ?? 0
    const read = { number: index + 1, offset, text: line, indent, says: /^\s*[^\s#]/.test(line) }
    offset += raw.length + 1
    return read
  })
}

/** A slip that is a part of a line; from what it says to its end if no part is named. */
export function slipIn(
  line: Line,
  message: string,
  hint?: string,
  part: { start?: number; length?: number } = {},
): Slip {
  const start = line.offset + (part.start ?? line.indent)
  const end = part.length === undefined ? line.offset + line.text.trimEnd().length : start + part.length
  return { start, end: Math.max(end, start + 1), message, ...(hint && { hint }) }
}

/** The next line above or below that says something. */
export function neighbour({ lines }: Pick<Case, 'lines'>, at: number, step: 1 | -1): Line | undefined {
  for (let index = at + step; index >= 0 && index < lines.length; index += step)
    if (lines[index]?.says) return lines[index]
  return undefined
}
