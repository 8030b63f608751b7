// The main job on real input: builds the breast-cancer artifact, asks it for three rows, says what it is and how long it took.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'

const root = resolve(import.meta.dirname, '..')
const example = join('examples', 'breast-cancer')
const artifact = mkdtempSync(join(tmpdir(), 'flambe-quickstart-'))

try {
  run()
} finally {
  rmSync(artifact, { recursive: true, force: true })
}

function run(): void {
  flambe(
    'build',
    join(example, 'spec.yaml'),
    '--set',
    `destination=${artifact}`,
    '--set',
    'name=breast-cancer',
  )
  const samples: { features: number[]; POSITIVE: number }[] = JSON.parse(
    readFileSync(join(root, example, 'data', 'breast-cancer-samples.json'), 'utf8'),
  )
  const rows = samples.slice(0, 3)
  const answers = flambe('predict', artifact, '--input', '-', {
    stdin: rows.map(({ features }) => JSON.stringify({ features })).join('\n'),
  })
  for (const [index, line] of answers.trim().split('\n').entries()) {
    const expected = rows[index]?.POSITIVE ?? Number.NaN
    const right = Math.abs(JSON.parse(line).POSITIVE - expected) < 1e-5
    console.log(`row ${index + 1}: ${line}  ${right ? 'as expected' : `but ${expected} was expected`}`)
    if (!right) process.exitCode = 1
  }
  console.log(flambe('inspect', artifact))
}

/** Runs one command as a user would, shows it and its time, and gives its stdout. */
function flambe(...args: (string | { stdin: string })[]): string {
  const argv = args.filter((arg) => typeof arg === 'string')
  const [input] = args.filter((arg) => typeof arg !== 'string')
  const started = performance.now()
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'bin', 'run.js'), ...argv], {
    cwd: root,
    encoding: 'utf8',
    input: input?.stdin ?? '',
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(2)
  console.log(
    `\n$ flambe ${argv.map((arg) => (arg.startsWith(root) ? relative(root, arg) : arg)).join(' ')}   (${seconds} s)`,
  )
  if (status !== 0) process.exit(status ?? 70)
  return stdout
}
