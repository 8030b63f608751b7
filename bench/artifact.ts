// Saving an artifact with a 1 GiB asset, against cp and sha256sum of it: node bench/artifact.ts [MiB]

import { randomFillSync } from 'node:crypto'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Command, inTurn, report } from './measure.ts'

const root = resolve(import.meta.dirname, '..')
const work = mkdtempSync(join(tmpdir(), 'flambe-bench-'))
const mebibytes = Number(process.argv[2] ?? 1024)

try {
  await run()
} finally {
  rmSync(work, { recursive: true, force: true })
}

async function run(): Promise<void> {
  writeProject()
  const weights = join(work, 'weights.bin')
  const out = join(work, 'out')
  const env = { FLAMBE_CACHE_DIR: join(work, 'cache'), FLAMBE_HOME: join(work, 'home') }
  const build: Command = {
    name: 'build',
    argv: [process.execPath, join(root, 'bin', 'run.js'), 'build', join(work, 'spec.yaml'), '--force'],
    env,
  }
  const copy = {
    name: 'cp and sha256sum',
    argv: ['sh', '-c', `cp ${weights} ${work}/copy && sha256sum ${work}/copy`],
  }
  const fresh = () => {
    rmSync(out, { recursive: true, force: true })
    rmSync(join(work, 'copy'), { force: true })
    // What is known of files goes; what is known of types stays: reading them anew is not saving.
    rmSync(join(work, 'cache', 'hashes.json'), { force: true })
  }
  const [peer, first] = await inTurn(
    [
      { ...copy, before: fresh },
      { ...build, before: fresh },
    ],
    { runs: 3 },
  )
  const [again] = await inTurn([build], { runs: 5 })
  if (!peer || !first || !again) throw new Error('a measurement is missing')
  report({
    what: `build with a ${mebibytes} MiB asset to cp and sha256sum`,
    ours: first.seconds,
    peer: peer.seconds,
    limit: 1.5,
  })
  report({ what: 'peak memory of that build', ours: first.peakMegabytes, limit: 150, unit: 'MB' })
  report({ what: 'the same build again, unchanged', ours: again.seconds, limit: 0.3 })
}

function writeProject(): void {
  mkdirSync(join(work, 'ext'))
  writeFileSync(
    join(work, 'ext', 'index.ts'),
    `import { statSync } from 'node:fs'
import { Component } from 'flambe'
export class Big extends Component {
  readonly weights: string
  constructor({ weights }: { weights: string }) { super(); this.weights = weights }
  predict({}: {}): { bytes: number } { return { bytes: statSync(this.weights).size } }
}
`,
  )
  writeFileSync(
    join(work, 'spec.yaml'),
    'ext: ./ext\n---\n!Builder\nstorage: local\ndestination: ./out\ncomponent: !ext.Big\n  weights: !file ./weights.bin\n',
  )
  const file = openSync(join(work, 'weights.bin'), 'w')
  const block = new Uint8Array(1 << 20)
  for (let index = 0; index < mebibytes; index++) writeSync(file, randomFillSync(block))
  closeSync(file)
}
