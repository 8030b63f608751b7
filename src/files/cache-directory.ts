import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where flambe keeps what it may lose: `$FLAMBE_CACHE_DIR`, else `flambe` in the user's cache folder (XDG). */
export function cacheDirectory(): string {
  const { FLAMBE_CACHE_DIR, XDG_CACHE_HOME } = process.env
  return FLAMBE_CACHE_DIR || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'flambe')
}
