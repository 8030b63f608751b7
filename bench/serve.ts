// The server against a bare node:http server, and against itself: node bench/serve.ts [part …] [--full]
// Parts: trivial, workers, batching, overload, start, soak; all of them without one. --full takes the long forms
// (30 s of probes, 60 s of overload, 10 minutes of soak), else each takes some seconds.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { median, report } from './measure.ts'
import { build, buildSpec } from './serve/components.ts'
import { type Load, load, type Outcome } from './serve/load.ts'
import { pacedLoad } from './serve/paced.ts'
import { probe } from './serve/probe.ts'
import { type Server, startBare, startFlambe } from './serve/server.ts'

const parts = { trivial, workers, batching, overload, start, soak }
const full = process.argv.includes('--full')
const chosen = process.argv.slice(2).filter((one) => one !== '--full')
const work = mkdtempSync(join(tmpdir(), 'flambe-bench-'))

try {
  for (const [name, run] of Object.entries(parts))
    if (chosen.length === 0 || chosen.includes(name)) await run()
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** Both the server and the load are one thread or two: what one of them does not use, the other takes. */
async function trivial(): Promise<void> {
  const artifact = build('Trivial', work)
  const servers = [
    () => startBare(),
    () => startFlambe(artifact, { FLAMBE_WORKERS: '0' }),
    () => startFlambe(artifact, { FLAMBE_WORKERS: '1' }),
    () => startBare({ file: 'with-worker.js' }),
  ]
  const [bare, inline, worker, bareWorker] = await inTurn(
    servers,
    { connections: 32, seconds: 4 },
    { rounds: full ? 5 : 3 },
  )
  if (!bare || !inline || !worker || !bareWorker) throw new Error('a measurement is missing')
  const rate = { peer: bare.rate, unit: 'requests/s', atLeast: true }
  report({ what: 'inline: throughput to a bare server', ours: inline.rate, limit: 0.85, ...rate })
  report({ what: 'one worker: throughput to a bare server', ours: worker.rate, limit: 0.6, ...rate })
  const time = { peer: bare.processorTime, unit: 'µs' }
  report({
    what: 'inline: processor time of a request',
    ours: inline.processorTime,
    limit: 1 / 0.85,
    ...time,
  })
  report({
    what: 'one worker: the same, of both threads',
    ours: worker.processorTime,
    limit: 1 / 0.6,
    ...time,
  })
  report({ what: 'inline: p99 to a bare server', ours: inline.p99, peer: bare.p99, limit: 1.5, unit: 'ms' })
  report({
    what: 'one worker: p99 to a bare server',
    ours: worker.p99,
    peer: bare.p99,
    limit: 1.5,
    unit: 'ms',
  })
  report({
    what: '… throughput to a bare server with a worker',
    ours: worker.rate,
    peer: bareWorker.rate,
    limit: 0.85,
    unit: 'requests/s',
    atLeast: true,
  })
  report({
    what: '… p99 to it',
    ours: worker.p99,
    peer: bareWorker.p99,
    limit: 1.5,
    unit: 'ms',
  })
}

async function workers(): Promise<void> {
  const artifact = build('Burn20', work)
  const seconds = full ? 30 : 8
  const one = await startFlambe(artifact, { FLAMBE_WORKERS: '1' })
  const single = await load(one.url, { connections: 8, seconds: Math.min(seconds, 8) })
  await one.stop()
  const two = await startFlambe(artifact, { FLAMBE_WORKERS: '2' })
  const [double, p99] = await Promise.all([
    load(two.url, { connections: 8, seconds }),
    probe(two.url, { seconds }),
  ])
  await two.stop()
  report({
    what: '20 ms of CPU: throughput of two workers to one',
    ours: double.rate,
    peer: single.rate,
    limit: 1.8,
    unit: 'requests/s',
    atLeast: true,
  })
  report({ what: 'p99 of probes while both are busy', ours: p99, limit: 50, unit: 'ms' })
}

async function batching(): Promise<void> {
  const artifact = build('Batch5', work)
  const alone = { FLAMBE_MAX_BATCH_SIZE: '1' }
  const servers = [() => startFlambe(artifact, alone), () => startFlambe(artifact)]
  const [single, batched] = await inTurn(servers, { connections: 64, seconds: 4 }, { rounds: 3 })
  const [idleSingle, idleBatched] = await inTurn(servers, { connections: 1, seconds: 4 }, { rounds: 3 })
  if (!single || !batched || !idleSingle || !idleBatched) throw new Error('a measurement is missing')
  report({
    what: '5 ms a call: throughput in batches to one by one',
    ours: batched.rate,
    peer: single.rate,
    limit: 3,
    unit: 'requests/s',
    atLeast: true,
  })
  report({
    what: 'one caller alone: p50 with batches to without',
    ours: idleBatched.p50,
    peer: idleSingle.p50,
    limit: 1.05,
    unit: 'ms',
  })
}

async function overload(): Promise<void> {
  const artifact = build('Burn5', work)
  const queueSize = 64
  const server = await startFlambe(artifact, { FLAMBE_QUEUE_SIZE: String(queueSize) })
  const capacity = await load(server.url, { connections: 16, seconds: 5 })
  const seconds = full ? 60 : 10
  const threefold = { connections: 1000, rate: capacity.rate * 3 }
  // Until V8 has made room for the requests that wait.
  await pacedLoad(server.url, { ...threefold, seconds: seconds / 2 })
  const before = await meanMemory(server)
  const over = await pacedLoad(server.url, { ...threefold, seconds })
  const after = await meanMemory(server)
  await server.stop()
  report({
    what: 'three times what it can: good answers to its capacity',
    ours: over.rate,
    peer: capacity.rate,
    limit: 0.9,
    unit: 'requests/s',
    atLeast: true,
  })
  report({ what: '… memory after to before', ours: after, peer: before, limit: 1.1, unit: 'MB' })
  // What waits is at most the queue, and what the one worker has at hand.
  const longest = ((queueSize + 2) / capacity.rate) * 1000
  report({ what: '… p99 to the time of a full queue', ours: over.p99, peer: longest, limit: 1.2, unit: 'ms' })
}

async function start(): Promise<void> {
  const spec = resolve(import.meta.dirname, '..', 'examples', 'breast-cancer', 'spec.yaml')
  const artifact = buildSpec(spec, { work, destination: join(work, 'breast-cancer') })
  const times = { node: [] as number[], bare: [] as number[], flambe: [] as number[] }
  const memory = { bare: [] as number[], flambe: [] as number[] }
  for (let round = -1; round < (full ? 15 : 7); round++) {
    const began = performance.now()
    execFileSync(process.execPath, ['-e', '0'])
    const node = performance.now() - began
    const bare = await startBare()
    await bare.stop()
    const flambe = await startFlambe(artifact)
    const threaded = await startBare({ hasWorker: true })
    await sleep(500)
    memory.flambe.push(flambe.memory())
    memory.bare.push(threaded.memory())
    await Promise.all([flambe.stop(), threaded.stop()])
    if (round < 0) continue
    times.node.push(node)
    times.bare.push(bare.startTime)
    times.flambe.push(flambe.startTime)
  }
  report({
    what: 'start to ready, to `node -e 0` and a bare server together',
    ours: median(times.flambe),
    peer: median(times.node) + median(times.bare),
    limit: 2.5,
    unit: 'ms',
  })
  report({ what: 'memory of an idle server', ours: median(memory.flambe), limit: 80, unit: 'MB' })
  report({
    what: '… to a bare server with a worker thread that does nothing',
    ours: median(memory.flambe),
    peer: median(memory.bare),
    limit: 1.15,
    unit: 'MB',
  })
}

async function soak(): Promise<void> {
  const server = await startFlambe(build('Trivial', work))
  const capacity = await load(server.url, { connections: 16, seconds: 5 })
  const half = { connections: 16, rate: capacity.rate / 2 }
  const [warmUp, seconds] = full ? [60, 540] : [10, 30]
  await load(server.url, { ...half, seconds: warmUp })
  const before = await meanMemory(server)
  await load(server.url, { ...half, seconds })
  const after = await meanMemory(server)
  await server.stop()
  report({
    what: `memory after ${seconds} s at half load to before`,
    ours: after,
    peer: before,
    limit: 1.05,
    unit: 'MB',
  })
}

/** Of some seconds: garbage comes and goes. */
async function meanMemory(server: Server): Promise<number> {
  const all: number[] = []
  for (let turn = 0; turn < 20; turn++) {
    await sleep(100)
    all.push(server.memory())
  }
  return all.reduce((sum, one) => sum + one, 0) / all.length
}

/** `processorTime`: microseconds for a request, which other programs on the machine change less than they do the throughput. */
type Measured = Outcome & { readonly processorTime: number }

/**
 * Until V8 has compiled what is used often. More than one load, since the end of one, with its closed connections, is news to it: after that
 * it compiles most of it again, in threads that the second core is needed for.
 */
async function warmUp({ url }: Server, options: Load): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await load(url, { ...options, seconds: 2 })
}

/** Each server under the same load, in turn, several rounds; medians. A new process each time, warmed up. */
async function inTurn(
  servers: readonly (() => Promise<Server>)[],
  options: Load,
  { rounds }: { readonly rounds: number },
): Promise<readonly Measured[]> {
  const all = servers.map((): Measured[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, open] of servers.entries()) {
      const server = await open()
      await warmUp(server, options)
      const before = server.processorTime()
      const outcome = await load(server.url, options)
      const processorTime = ((server.processorTime() - before) / outcome.count) * 1000
      all[index]?.push({ ...outcome, processorTime })
      await server.stop()
    }
  }
  const middle = (outcomes: readonly Measured[], key: keyof Measured) =>
    median(outcomes.map((one) => one[key]))
  return all.map((outcomes) => ({
    rate: middle(outcomes, 'rate'),
    count: middle(outcomes, 'count'),
    processorTime: middle(outcomes, 'processorTime'),
    p50: middle(outcomes, 'p50'),
    p99: middle(outcomes, 'p99'),
  }))
}
