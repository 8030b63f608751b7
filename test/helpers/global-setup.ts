import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * One cache and one home for the whole run, in the environment of all that a test starts: builds share a cache whenever they run, and what takes long
 * to make, as the base "host" does, is made once. A test that is about the cache, or that has to be another machine, gives its own.
 */
export default function setup(): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'flambe-run-'))
  process.env['FLAMBE_CACHE_DIR'] = join(directory, 'cache')
  process.env['FLAMBE_HOME'] = join(directory, 'home')
  // As in the program itself: what was compiled once is not compiled in each process of the tests.
  process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache')
  return () => rmSync(directory, { recursive: true, force: true })
}
