// How long the command line takes, against a bare oclif hello-world: node bench/cli.ts
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Command, inTurn, report } from './measure.ts'

const root = resolve(import.meta.dirname, '..')
const work = mkdtempSync(join(tmpdir(), 'flambe-bench-'))
const env = { FLAMBE_CACHE_DIR: join(work, 'cache'), FLAMBE_HOME: join(work, 'home') }
const bin = join(root, 'bin', 'run.js')
const hello = join(root, 'bench', 'peers', 'hello', 'bin', 'run.js')
const flambe = (name: string, ...args: string[]): Command => ({
  name,
  argv: [process.execPath, bin, ...args],
  env,
})

try {
  await run()
} finally {
  rmSync(work, { recursive: true, force: true })
}

async function run(): Promise<void> {
  const example = join(work, 'breast-cancer')
  cpSync(join(root, 'examples', 'breast-cancer'), example, { recursive: true })
  const spec = join(example, 'spec.yaml')
  const artifact = join(example, 'out', 'engine')
  const code = join(example, 'ext', 'index.ts')
  const original = readFileSync(code, 'utf8')
  const [row] = JSON.parse(readFileSync(join(example, 'data', 'breast-cancer-samples.json'), 'utf8'))
  const input = JSON.stringify({ features: row.features })
  await inTurn([flambe('build', 'build', spec, '--force')], { runs: 1 })

  let edit = 0
  const body = () =>
    writeFileSync(code, original.replace('NEGATIVE: 1 - p', `NEGATIVE: 1 - p - ${++edit} * 0`))
  const type = () =>
    writeFileSync(code, original.replace('POSITIVE: number', `POSITIVE: number\n    EXTRA${++edit}?: number`))
  const [bare, help, predict] = await inTurn(
    [
      { name: 'hello', argv: [process.execPath, hello, '--help'] },
      flambe('help', '--help'),
      flambe('predict', 'predict', artifact, '--input', input),
    ],
    { runs: 7 },
  )
  // One after the other: in turn, each would undo the other's edit.
  const [bodyEdit] = await inTurn([{ ...flambe('body', 'build', spec, '--force'), before: body }], {
    runs: 7,
  })
  const [typeEdit] = await inTurn([{ ...flambe('type', 'build', spec, '--force'), before: type }], {
    runs: 5,
  })
  if (!bare || !help || !predict || !bodyEdit || !typeEdit) throw new Error('a measurement is missing')
  report({ what: '--help to a bare oclif --help', ours: help.seconds, peer: bare.seconds, limit: 1.3 })
  report({
    what: 'predict on an artifact to a bare oclif --help',
    ours: predict.seconds,
    peer: bare.seconds,
    limit: 2.5,
  })
  report({ what: 'build after a one-line change in a method body', ours: bodyEdit.seconds, limit: 0.3 })
  report({ what: 'build after a changed type', ours: typeEdit.seconds, limit: 2 })
}
