import type { Case, Line, Slip } from './slip.ts'

/** A text in quotes that goes on to the end of the file. */
export function unclosedQuote({ fault, text, lines }: Case): Slip | undefined {
  const quote = /^Missing closing (["'])/.exec(fault.message)?.[1]
  if (!quote) return undefined
  const start = firstUnpaired(lines, quote) ?? text.lastIndexOf(quote)
  return {
    start,
    end: start + 1,
    message: 'the text that begins here has no closing quote',
    hint: `end it with ${quote}`,
  }
}

/** A list or a mapping in brackets that ends too late, or ends what did not begin. */
export function unclosedBracket({ fault, text }: Case): Slip | undefined {
  const stray = fault.code === 'UNEXPECTED_TOKEN' ? /^[\]}]/.exec(text.slice(fault.start))?.[0] : undefined
  if (stray) {
    const message = `there is no "${pairs[stray]}" that this "${stray}" closes`
    return {
      start: fault.start,
      end: fault.start + 1,
      message,
      hint: 'remove it, or put the value into quotes',
    }
  }
  if (!/^Flow (sequence|map)/.test(fault.message)) return undefined
  const open = openBrackets(text.slice(0, fault.start)).at(-1)
  if (!open) return undefined
  const { bracket, at } = open
  const closing = bracket === '[' ? ']' : '}'
  const hint = `close it with "${closing}" before the next value begins`
  return { start: at, end: at + 1, message: `this "${bracket}" is never closed`, hint }
}

const pairs: { readonly [closing: string]: string } = { ']': '[', '}': '{' }

/** Offset of the first quote that begins a value and does not end in its line: a later one only seems to be open. */
function firstUnpaired(lines: readonly Line[], quote: string): number | undefined {
  for (const { text, offset } of lines) {
    const quotes = Array.from(text.matchAll(/\\.|["']/g)).filter(([found]) => found === quote)
    const last = quotes.at(-1)
    if (quotes.length % 2 === 1 && last && /[:,[{-]\s*$/.test(text.slice(0, last.index)))
      return offset + last.index
  }
  return undefined
}

/** Brackets that are open at the end of a text; those in quotes and comments do not count. */
function openBrackets(text: string): { readonly bracket: string; readonly at: number }[] {
  const open: { bracket: string; at: number }[] = []
  for (const { 0: found, index } of text.matchAll(
    /"(?:\\.|[^"\\])*"|(?<=[\s[{,:])'[^']*'|(?<=^|\s)#.*|[[\]{}]/gm,
  )) {
    if (found === '[' || found === '{') open.push({ bracket: found, at: index })
    else if (found === ']' || found === '}') open.pop()
  }
  return open
}
