import { homedir } from 'node:os'
import { resolve } from 'node:path'

/** The absolute form of a path that a user wrote: `~/` is the home folder, and a relative one starts at `directory`. */
export function resolvePath(directory: string, path: string): string {
  return /^~(\/|$)/.test(path) ? resolve(homedir(), path.slice(2)) : resolve(directory, path)
}
