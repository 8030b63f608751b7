import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where the log and the default secrets file live, as in the original: `$FLAMBE_HOME`, else `~/.flambe`. */
export function homeDirectory(): string {
  return process.env['FLAMBE_HOME'] || join(homedir(), '.flambe')
}

/** True where colours help: a terminal, and nobody said no (https://no-color.org). */
export function wantsColor(stream: { readonly isTTY?: boolean }): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR) return false
  if (FORCE_COLOR && FORCE_COLOR !== '0') return true
  return stream.isTTY === true && TERM !== 'dumb'
}
