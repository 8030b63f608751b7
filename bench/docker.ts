// An image in the Docker engine, against `docker build` of an equivalent Dockerfile on the same base and engine: node bench/docker.ts [MiB]
import { execFileSync } from 'node:child_process'
import { cpSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { HashCache } from '../src/files/index.ts'
import { loadIntoEngine, openBase, openEngine } from '../src/image/index.ts'
import { type Command, inTurn, measure, median, report } from './measure.ts'
import { edit, writeProject } from './push-project.ts'

const mebibytes = Number(process.argv[2] ?? 1024)
const port = 18_080
const root = resolve(import.meta.dirname, '..')
const work = mkdtempSync(join(tmpdir(), 'flambe-bench-'))
const [project, context] = [join(work, 'project'), join(work, 'context')]
const name = (of: string) => `flambe-bench-${process.pid}-${of}`
/** Of every image that is made here: those whose name moved on are found by it. */
const label = `flambe.bench=${process.pid}`
const env = { FLAMBE_CACHE_DIR: join(work, 'cache'), FLAMBE_HOME: join(work, 'home') }
const example = join(root, 'examples', 'breast-cancer', 'spec.yaml')

try {
  await loadBase()
  await firstBuild()
  await oneLineChange()
  await firstAnswer()
} finally {
  for (const one of ['ours', 'peer', 'small', 'example', 'bare', 'base'])
    quietly('docker', 'rmi', '--force', name(one))
  const left = execFileSync('docker', ['images', '--quiet', '--filter', `label=${label}`], {
    encoding: 'utf8',
  })
  for (const id of new Set(left.split('\n').filter(Boolean))) quietly('docker', 'rmi', '--force', id)
  rmSync(work, { recursive: true, force: true })
}

/** The base "host" in the engine, for both sides; and what is learnt once on a machine: types, Node's layer. */
async function loadBase(): Promise<void> {
  const options = {
    cacheDirectory: env.FLAMBE_CACHE_DIR,
    hashCache: HashCache.none(),
    directory: work,
    env: process.env,
  }
  const [base, engine] = await Promise.all([openBase('host', options), openEngine({ env: process.env })])
  await loadIntoEngine(base.image, [name('base')], { engine })
  // The same project, with next to no weights: its types are read now, whatever it will weigh.
  writeProject(project, { weights: 2 ** 20 })
  await measure(ours(project, { of: 'small' }))
  await measure(ours(work, { of: 'example', spec: example }))
}

/** Our build of a project. */
function ours(cwd: string, { of = 'ours', spec = 'spec.yaml' } = {}): Command {
  const args = [
    'build',
    '--docker',
    '--base',
    'host',
    '--output',
    'docker',
    '--tag',
    `${name(of)}:latest`,
    '--label',
    label,
    '--quiet',
    spec,
  ]
  return { name: 'flambe', argv: [process.execPath, join(root, 'bin', 'run.js'), ...args], cwd, env }
}

/** `docker build` of the same files. */
function theirs(): Command {
  return {
    name: 'docker build',
    argv: ['docker', 'build', '--quiet', '--label', label, '--tag', name('peer'), context],
  }
}

async function firstBuild(): Promise<void> {
  writeProject(project, { weights: mebibytes * 2 ** 20 })
  writeContext()
  execFileSync('sync')
  const built = await measure(theirs())
  execFileSync('sync')
  const first = await measure(ours(project))
  report({
    what: `first build with ${mebibytes} MiB of weights`,
    ours: first.seconds,
    peer: built.seconds,
    limit: 0.5,
  })
  report({ what: 'peak memory of it', ours: first.peakMegabytes, limit: 200, unit: 'MB' })
  const loaded = await bareLoad()
  report({ what: 'the same to a bare `docker load` of it', ours: first.seconds, peer: loaded, limit: 1.5 })
}

/** What the engine takes of its own: the image from an archive, when it has none of its layers but the base's. Seconds. */
async function bareLoad(): Promise<number> {
  const archive = join(work, 'image.tar')
  execFileSync('docker', ['save', '--output', archive, name('ours')])
  quietly('docker', 'rmi', '--force', name('ours'))
  execFileSync('sync')
  const { seconds } = await measure({ name: 'docker load', argv: ['docker', 'load', '--input', archive] })
  rmSync(archive)
  return seconds
}

/** What people write for Docker: weights below the code, so that a changed line leaves their layer alone. */
function writeContext(): void {
  mkdirSync(join(context, 'models'), { recursive: true })
  linkSync(join(project, 'weights.bin'), join(context, 'models', 'weights.bin'))
  cpSync(join(root, 'dist', 'container'), join(context, 'flambe'), { recursive: true })
  cpSync(join(project, 'ext'), join(context, 'ext'), { recursive: true })
  const lines = [
    `FROM ${name('base')}`,
    'COPY models /models',
    'COPY flambe /flambe',
    'COPY ext /app/ext',
    'USER 65532',
  ]
  writeFileSync(join(context, 'Dockerfile'), `${lines.join('\n')}\n`)
}

async function oneLineChange(): Promise<void> {
  const [built, change] = await inTurn(
    [
      { ...theirs(), before: () => edit(context) },
      { ...ours(project), before: () => edit(project) },
    ],
    { runs: 3 },
  )
  if (!built || !change) throw new Error('a measurement is missing')
  report({
    what: 'one-line change, image in the engine',
    ours: change.seconds,
    peer: built.seconds,
    limit: 0.1,
  })
  const [again] = await inTurn([ours(project)], { runs: 5 })
  report({ what: 'unchanged build', ours: again?.seconds ?? Number.NaN, limit: 0.4 })
}

/** From `docker run` to the first 200, against a bare server of node:http on the same base. */
async function firstAnswer(): Promise<void> {
  const bare = join(work, 'bare')
  mkdirSync(bare)
  writeFileSync(
    join(bare, 'server.mjs'),
    `import { createServer } from 'node:http'\ncreateServer((_, response) => response.end('{}')).listen(8080)\n`,
  )
  writeFileSync(
    join(bare, 'Dockerfile'),
    `FROM ${name('base')}\nCOPY server.mjs /server.mjs\nUSER 65532\nENTRYPOINT ["/usr/local/bin/node", "/server.mjs"]\n`,
  )
  execFileSync('docker', ['build', '--quiet', '--tag', name('bare'), bare], { stdio: 'ignore' })
  const times: { [image: string]: number[] } = { bare: [], example: [] }
  for (let run = -1; run < 7; run++) {
    for (const one of ['bare', 'example']) {
      const seconds = await secondsToAnswer(name(one))
      if (run >= 0) times[one]?.push(seconds)
    }
  }
  report({
    what: 'docker run to the first answer of predict',
    ours: median(times['example'] ?? []),
    peer: median(times['bare'] ?? []),
    limit: 1.3,
  })
}

async function secondsToAnswer(image: string): Promise<number> {
  const body = JSON.stringify({ features: new Array(30).fill(1) })
  const started = performance.now()
  const id = execFileSync('docker', ['run', '--detach', '--publish', `127.0.0.1:${port}:8080`, image], {
    encoding: 'utf8',
  }).trim()
  try {
    for (;;) {
      const headers = { 'content-type': 'application/json', connection: 'close' }
      const answer = await fetch(`http://127.0.0.1:${port}/predict`, { method: 'POST', body, headers }).catch(
        () => undefined,
      )
      await answer?.arrayBuffer()
      if (answer?.status === 200) return (performance.now() - started) / 1000
      await sleep(2)
    }
  } finally {
    quietly('docker', 'rm', '--force', id)
  }
}

function quietly(program: string, ...args: readonly string[]): void {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
  } catch {}
}
