// One server in a process of its own, and what can be read of it from outside.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeOptions } from '../../src/image/plan/plan-image.ts'

const root = resolve(import.meta.dirname, '..', '..')

export type Server = {
  readonly url: string
  /** Milliseconds from the start of the process to the first good answer. */
  readonly startTime: number
  /** Resident memory, in megabytes (10^6). */
  readonly memory: () => number
  /** Milliseconds of processor time until now, of all threads. */
  readonly processorTime: () => number
  readonly stop: () => Promise<void>
}

/** The bundled server on an artifact, as an image runs it. The log goes nowhere, but is written. */
export function startFlambe(artifact: string, env: Readonly<Record<string, string>> = {}): Promise<Server> {
  return start('/readyz', (port) =>
    spawn(process.execPath, [...nodeOptions, join(root, 'dist', 'container', 'main.js')], {
      env: {
        FLAMBE_ARTIFACT: artifact,
        FLAMBE_HOST: '127.0.0.1',
        FLAMBE_PORT: String(port),
        NODE_ENV: 'production',
        ...env,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  )
}

/**
 * The bare node:http server that it is compared with; with a worker thread that does nothing, where memory is compared; or another of the
 * bare servers.
 */
export function startBare({ hasWorker = false, file = 'server.js' } = {}): Promise<Server> {
  const script = join(root, 'bench', 'peers', 'server', file)
  const more = hasWorker ? ['worker'] : []
  return start(
    '/',
    (port) => spawn(process.execPath, [script, String(port), ...more], { stdio: 'inherit' }),
    '{"features":[1]}',
  )
}

async function start(path: string, run: (port: number) => ChildProcess, body?: string): Promise<Server> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const began = performance.now()
  const child = run(port)
  const exited = once(child, 'exit')
  while ((await ask(url + path, body)) !== 200) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    await sleep(2)
  }
  return {
    url,
    startTime: performance.now() - began,
    memory: () =>
      Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 976.5625,
    processorTime: () => {
      // Fields 14 and 15 of proc_pid_stat(5), in hundredths of a second; the name before may have spaces.
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) * 10
    },
    stop: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}

/** The status of one answer, on a connection of its own; 0 without one. */
export function ask(url: string, body?: string): Promise<number> {
  return new Promise((resolve) => {
    const asked = request(url, { method: body === undefined ? 'GET' : 'POST', agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
    })
    asked.on('error', () => resolve(0))
    asked.end(body)
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
