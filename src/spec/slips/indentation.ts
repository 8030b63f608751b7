import { type Case, type Line, neighbour, type Slip, slipIn } from './slip.ts'

/** Tabs in front of a line. */
export function tabs({ lines, at }: Case): Slip | undefined {
  const isTabbed = ({ text, says }: Line) => says && /^\s*\t/.test(text)
  const near = [lines[at], lines[at + 1]].find((line) => line && isTabbed(line))
  if (!near) return undefined
  const more = lines.filter(isTabbed).length - 1
  const start = near.text.indexOf('\t')
  const others = more > 0 ? `, and so ${more === 1 ? 'is one other' : `are ${more} others`}` : ''
  return slipIn(
    near,
    `the line is indented with a tab${others}: YAML takes spaces alone`,
    'indent with two spaces for each level; most editors convert tabs on request',
    { start, length: near.indent - start },
  )
}

/** A line that stands beside none above it, or below one that cannot have anything below it. */
export function badIndent({ fault, lines, at }: Case): Slip | undefined {
  if (
    !['BAD_INDENT', 'BLOCK_AS_IMPLICIT_KEY', 'MULTILINE_IMPLICIT_KEY', 'UNEXPECTED_TOKEN'].includes(
      fault.code,
    )
  )
    return undefined
  const line = lines[at]
  const below = neighbour({ lines }, at, 1)
  if (line && below && below.indent > line.indent && hasValue(line)) return tooDeep(line, below)
  const above = neighbour({ lines }, at, -1)
  if (!line || !above) return undefined
  if (isItem(above) !== isItem(line) && above.indent === line.indent)
    return slipIn(
      line,
      `a list ("- …") and named values ("name: …") are mixed: the line above is ${isItem(above) ? 'an item of a list' : 'a named value'}`,
      'indent what belongs to an item of a list below its text, or begin each line with "- "',
    )
  return besideNone(lines, at)
}

function tooDeep(line: Line, below: Line): Slip {
  return slipIn(
    below,
    `the line is indented deeper than line ${line.number}, which has its value already`,
    `indent it by ${spaces(line.indent)}, as line ${line.number}, or leave line ${line.number} without a value of its own`,
  )
}

function besideNone(lines: readonly Line[], at: number): Slip | undefined {
  const line = lines[at]
  const levels = openLevels(lines, at)
  if (!line || levels.length === 0 || levels.includes(line.indent)) return undefined
  const places = levels.map((level) => spaces(level)).join(' or ')
  return slipIn(
    line,
    `the line is indented by ${spaces(line.indent)}, and no line above it that it could stand beside is`,
    `indent it by ${places}: as the lines that it belongs to`,
    { start: 0, length: Math.max(1, line.indent) },
  )
}

/** How far the lines are indented that a line may stand beside, the outermost first. */
function openLevels(lines: readonly Line[], at: number): number[] {
  const start = lines.slice(0, at).findLastIndex(({ text }) => /^---(\s|$)/.test(text)) + 1
  const levels: number[] = []
  for (const { says, indent, text } of lines.slice(start, at)) {
    if (!says || /^!\S*\s*$/.test(text)) continue
    while ((levels.at(-1) ?? -1) > indent) levels.pop()
    if (levels.at(-1) !== indent) levels.push(indent)
  }
  return levels
}

/** `name: value`, where the value is more than a tag, an anchor or the sign of a text of several lines. */
function hasValue({ text }: Line): boolean {
  const value = /^\s*(?:- )?[^\s:#]+:\s+(.*)$/
    .exec(text)?.[1]
    ?.replace(/\s#.*$/, '')
    .trim()
  return value !== undefined && value !== '' && !/^([!&]\S+\s*)+$/.test(value) && !/^[|>][-+\d]*$/.test(value)
}

const isItem = ({ text }: Line) => /^\s*-(\s|$)/.test(text)
const spaces = (count: number) => (count === 1 ? '1 space' : count === 0 ? 'no space' : `${count} spaces`)
