import { unclosedBracket, unclosedQuote } from './closing.ts'
import { missingFence } from './fence.ts'
import { badIndent, tabs } from './indentation.ts'
import { type Case, linesOf, type Slip, type SyntaxFault } from './slip.ts'
import { colons, starts } from './values.ts'

/** Slips that people make, the surest first. */
const slips: readonly ((fault: Case) => Slip | undefined)[] = [
  tabs,
  missingFence,
  unclosedQuote,
  unclosedBracket,
  starts,
  colons,
  badIndent,
]

/** What a syntax fault comes from, as the user would say it; in the parser's words where nothing is known. */
export function explain(text: string, fault: SyntaxFault): Slip {
  const lines = linesOf(text)
  const at = Math.max(
    0,
    lines.findLastIndex(({ offset }) => offset <= fault.start),
  )
  for (const slip of slips) {
    const found = slip({ fault, text, lines, at })
    if (found) return found
  }
  return { start: fault.start, end: fault.end, message: fault.message }
}
