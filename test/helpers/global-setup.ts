import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/**
 * One cache, one home and one folder of temporary files for the whole run, in the environment of all that a test starts: builds
 * share a cache whenever they run, and what takes long to make, as the base "host" does, is made once. A test that is about the
 * cache, or that has to be another machine, gives its own.
 */
export default function setup(): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'flambe-run-'))
  process.env['FLAMBE_CACHE_DIR'] = join(directory, 'cache')
  process.env['FLAMBE_HOME'] = join(directory, 'home')
  // As in the program itself: what was compiled once is not compiled in each process of the tests.
  process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache')
  installExamples()
  // A test's process is killed at its end, and so leaves what a process would remove when it exits.
  const temporary = join(directory, 'tmp')
  mkdirSync(temporary)
  // As the system's own one: some tests are another user.
  chmodSync(directory, 0o755)
  chmodSync(temporary, 0o1777)
  process.env['TMPDIR'] = temporary
  return () => rmSync(directory, { recursive: true, force: true })
}

/** The packages of the example that has some, before any test: several need them, and an installation in the middle looks like a whole one. */
function installExamples(): void {
  const cwd = resolve(import.meta.dirname, '../../examples/digits-onnx')
  // What npm writes last.
  if (existsSync(join(cwd, 'node_modules/.package-lock.json'))) return
  execFileSync('npm', ['ci'], { cwd, stdio: 'pipe' })
}
