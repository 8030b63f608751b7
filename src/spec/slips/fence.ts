import { type Case, type Line, neighbour, type Slip, slipIn } from './slip.ts'

const rule = 'a line "---", and nothing else, stands between the extensions and the main object'

/** The line between the extensions and the main object is misspelt, or is not there. */
export function missingFence({ lines }: Case): Slip | undefined {
  const almost = lines.find(
    ({ text }, index) =>
      /^\s*[-–—_=]{2,}\s*$/.test(text) && !/^---\s*$/.test(text) && isTagNext(lines, index),
  )
  if (almost) return slipIn(almost, `${JSON.stringify(almost.text.trimEnd())} is no line "---"`, rule)
  const tag = lines.findIndex((line, index) => isTag(line) && hasEntries(lines, index))
  const line = lines[tag]
  return line && slipIn(line, `a line "---" is missing above ${line.text.trim()}`, rule)
}

const isTag = ({ text }: Line) => /^![\p{L}_][^\s{[]*\s*(#.*)?$/u.test(text)

function isTagNext(lines: readonly Line[], at: number): boolean {
  const next = neighbour({ lines }, at, 1)
  return next !== undefined && isTag(next)
}

/** Whether `name: value` stands above, in the same document. */
function hasEntries(lines: readonly Line[], below: number): boolean {
  const above = lines.slice(0, below)
  const fence = above.findLastIndex(({ text }) => /^(---|\.\.\.)(\s|$)/.test(text))
  return above.slice(fence + 1).some(({ text }) => /^[\p{L}_"'][^:#]*:(\s|$)/u.test(text))
}
