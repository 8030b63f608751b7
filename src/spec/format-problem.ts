import type { Problem } from '../errors.ts'

/**
 * A problem as plain text: place and message, the source line, a caret below what is meant, the hint. Without
 * `label` it does not say its severity.
 */
export function formatProblem(
  { severity, message, hint, position, source }: Problem,
  { label = true }: { readonly label?: boolean } = {},
): string {
  const place = position ? `${position.file}:${position.line}:${position.column} ` : ''
  const lines = [`${place}${label ? `${severity}: ` : ''}${message}`]
  if (position && source !== undefined) {
    const margin = `${position.line}`.length
    const from = Math.max(0, position.column - 80)
    const shown = source.slice(from, from + 160)
    const before = shown.slice(0, position.column - 1 - from).replace(/[^\t]/g, ' ')
    lines.push(
      `  ${position.line} | ${shown}`,
      `  ${' '.repeat(margin)} | ${before}${'^'.repeat(Math.min(position.length, 80))}`,
    )
  }
  if (hint) lines.push(`  hint: ${hint}`)
  return lines.join('\n')
}
