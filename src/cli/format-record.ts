import type { LogRecord } from '../runtime/index.ts'
import type { Style } from './style.ts'

/** A line of the server's log for people. */
export function formatRecord(
  { level, message, fields }: LogRecord,
  { style, now = new Date() }: { readonly style: Style; readonly now?: Date },
): string {
  const colors = { debug: style.dim, info: style.cyan, warn: style.yellow, error: style.red }
  const told = Object.entries(fields)
    .filter(([name]) => !inMessage.has(name))
    .map(([name, value]) => `${name}=${shown(value)}`)
  const parts = [style.dim(now.toTimeString().slice(0, 8)), colors[level](level), message]
  return [...parts, ...(told.length > 0 ? [style.dim(told.join(' '))] : [])].join(' ')
}

/** What the message of a request says already. */
const inMessage = new Set(['method', 'route', 'status'])

/** A value may hold what a caller sent: no line of its own and no colour of the terminal may come of it. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text
    .replace(/\r?\n\s*/g, '\n    ')
    .replace(/[^\P{Cc}\n]/gu, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
