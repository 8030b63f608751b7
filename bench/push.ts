// From source to a registry with 1 GiB of weights, against docker build and docker push to the same registry: node bench/push.ts [MiB] [--no-docker]
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { hashFile } from '../src/files/index.ts'
import { startDockerRegistry } from '../test/helpers/registry/docker-registry.ts'
import { startRelay } from '../test/helpers/registry/relay.ts'
import { startCounter } from './count-requests.ts'
import { type Command, inTurn, measure, report } from './measure.ts'
import { edit, writeDockerContext, writeProject, writeWeights } from './push-project.ts'

const MiB = 2 ** 20
const mebibytes = Number(process.argv[2] ?? 1024)
const hasDocker = !process.argv.includes('--no-docker')
const root = resolve(import.meta.dirname, '..')
const work = mkdtempSync(join(tmpdir(), 'flambe-bench-'))
const registry = await startDockerRegistry(join(work, 'registry'))
const counter = await startCounter(registry.host)
const project = join(work, 'project')
const docker = join(work, 'docker')
const image = `${registry.host}/bench/docker:v1`

try {
  writeProject(project, { weights: MiB })
  const first = await firstPush()
  const change = await oneLineChange()
  await effort()
  await farAway()
  await killed()
  await manyFiles()
  if (hasDocker) await againstDocker({ first, change })
} finally {
  await counter.close()
  await registry.stop()
  if (hasDocker) execFileSync('sh', ['-c', `docker rmi -f ${image} >/dev/null 2>&1 || true`])
  rmSync(work, { recursive: true, force: true })
}

/** Builds the project's image and pushes it. */
function push(host: string, more: Partial<Command> & { repository?: string; cache?: string } = {}): Command {
  const { repository = 'flambe', cache = 'cache', cwd = project, ...rest } = more
  const tag = `${host}/bench/${repository}:v1`
  const args = ['build', '--docker', '--push', '--base', 'host', '--tag', tag, '--quiet', 'spec.yaml']
  return {
    name: 'flambe',
    argv: [process.execPath, join(root, 'bin', 'run.js'), ...args],
    cwd,
    env: { FLAMBE_CACHE_DIR: join(work, cache), FLAMBE_HOME: join(work, 'home') },
    ...rest,
  }
}

/** Types are read once for a project, whatever it weighs, and a machine's own Node is packed once: both are done before. */
async function firstPush(): Promise<number> {
  await measure(push(registry.host, { repository: 'before' }))
  writeWeights(project, mebibytes * MiB)
  execFileSync('sync')
  const { seconds, peakMegabytes } = await measure(push(registry.host))
  report({
    what: 'first build and push',
    ours: mebibytes / seconds,
    limit: 350,
    unit: 'MiB/s',
    atLeast: true,
  })
  report({ what: 'peak memory of it', ours: peakMegabytes, limit: 150, unit: 'MB' })
  const peer = await bareUpload()
  report({ what: 'the same to a bare upload of the weights by curl', ours: seconds, peer, limit: 1.5 })
  return seconds
}

/** What the registry takes of its own: one PUT of the weights, whose digest is known. Seconds. */
async function bareUpload(): Promise<number> {
  const weights = join(project, 'weights.bin')
  const { sha256 } = await hashFile(weights)
  execFileSync('sync')
  const started = await fetch(`http://${registry.host}/v2/bench/bare/blobs/uploads/`, { method: 'POST' })
  const location = `${started.headers.get('location')}&digest=sha256:${sha256}`
  const curl = ['curl', '--silent', '--fail', '--request', 'PUT', '--upload-file', weights, location]
  const { seconds } = await measure({ name: 'curl', argv: curl })
  return seconds
}

async function oneLineChange(): Promise<number> {
  const changed = push(registry.host, { before: () => edit(project) })
  const hello = join(root, 'bench', 'peers', 'hello', 'bin', 'run.js')
  const bare: Command = { name: 'hello', argv: [process.execPath, hello, '--help'] }
  const [peer = Number.NaN, seconds = Number.NaN] = (await inTurn([bare, changed], { runs: 7 })).map(
    (figures) => figures.seconds,
  )
  report({ what: 'one-line change, built and pushed', ours: seconds, limit: 0.3 })
  report({ what: 'the same to a bare oclif hello-world', ours: seconds, peer, limit: 4 })
  return seconds
}

/** What goes over the wire. */
async function effort(): Promise<void> {
  await measure(push(counter.host))
  edit(project)
  const change = await counter.during(() => measure(push(counter.host)))
  report({ what: 'requests of a one-line change', ours: change.requests, limit: 6, unit: 'requests' })
  report({ what: 'bytes of it', ours: change.bytes / 1000, limit: 16, unit: 'kB' })
  const same = await counter.during(() => measure(push(counter.host)))
  report({ what: 'requests of an unchanged push', ours: same.requests, limit: 2, unit: 'requests' })
  report({ what: 'bytes of it', ours: same.bytes, limit: 0, unit: 'B' })
  const second = await counter.during(() => measure(push(counter.host, { repository: 'second' })))
  report({ what: 'bytes to a second repository', ours: second.bytes / 1000, limit: 16, unit: 'kB' })
}

async function farAway(): Promise<void> {
  const relay = await startRelay(registry.host, { roundTrip: 30 })
  await measure(push(relay.host))
  edit(project)
  relay.restart()
  const { seconds } = await measure(push(relay.host))
  report({
    what: 'round trips of a one-line change',
    ours: relay.roundTrips(),
    limit: 10,
    unit: 'round trips',
  })
  report({ what: 'time of it with 30 ms each', ours: seconds, limit: 0.7 })
  await relay.close()
}

/** Kills a push in the middle of the weights, and lets the next one go on. */
async function killed(): Promise<void> {
  const options = { repository: 'killed', cache: 'cache-killed' }
  const { argv, env, cwd } = push(counter.host, options)
  const [program = '', ...args] = argv
  const before = counter.seen()
  const child = spawn(program, args, {
    ...(cwd && { cwd }),
    env: { ...process.env, ...env },
    stdio: 'ignore',
  })
  const watch = setInterval(() => {
    if (counter.seen().bytes - before.bytes < (mebibytes * MiB) / 2) return
    // Once: a second one would end it at once.
    clearInterval(watch)
    child.kill('SIGINT')
  }, 5)
  await new Promise((ended) => child.once('close', ended))
  clearInterval(watch)
  const rest = await counter.during(() => measure(push(counter.host, options)))
  report({
    what: 'bytes after a push that was stopped at half, of all',
    ours: (100 * rest.bytes) / (mebibytes * MiB),
    limit: 55,
    unit: '%',
  })
}

async function manyFiles(): Promise<void> {
  const cwd = join(work, 'many')
  writeProject(cwd, { weights: MiB, files: 5000 })
  await measure(push(registry.host, { cwd, repository: 'many' }))
  const changed = push(registry.host, { cwd, repository: 'many', before: () => edit(cwd) })
  const [figures] = await inTurn([changed], { runs: 5 })
  report({ what: 'one-line change beside 5,000 files', ours: figures?.seconds ?? Number.NaN, limit: 0.35 })
}

async function againstDocker({ first, change }: { first: number; change: number }): Promise<void> {
  writeDockerContext(docker, { weights: join(project, 'weights.bin'), program: process.execPath })
  const command: Command = {
    name: 'docker',
    argv: ['sh', '-c', `docker build -q -t ${image} ${docker} && docker push -q ${image}`],
    env: { DOCKER_BUILDKIT: '0' },
  }
  const whole = await measure(command)
  edit(docker)
  const again = await measure(command)
  report({
    what: 'first build and push, to docker build and docker push',
    ours: first,
    peer: whole.seconds,
    limit: 1 / 12,
  })
  report({ what: 'one-line change, to the same', ours: change, peer: again.seconds, limit: 1 / 25 })
}
