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
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const parts = [style.dim(now.toTimeString().slice(0, 8)), colors[level](level), message]
  return [...parts, ...(told.length > 0 ? [style.dim(told.join(' '))] : [])].join(' ')
}

/** What the message of a request says already. */
const inMessage = new Set(['method', 'route', 'status'])
