// Load from a process of its own: wrk where it is installed (it leaves more of the machine to the server), else
// autocannon, which npm brings.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { body } from './components.ts'

export type Load = {
  readonly connections: number
  readonly seconds: number
  /** Requests a second, whatever comes back; as many as there is room for without it. */
  readonly rate?: number
}

export type Outcome = {
  /** Answers of 200 a second. */
  readonly rate: number
  /** Answers of 200. */
  readonly count: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

/** Asks `/predict` for a while. */
export function load(url: string, options: Load): Promise<Outcome> {
  return options.rate === undefined && hasWrk ? loadByWrk(url, options) : loadByAutocannon(url, options)
}

const hasWrk = spawnSync('wrk', ['--version']).error === undefined

async function loadByAutocannon(url: string, { connections, seconds, rate }: Load): Promise<Outcome> {
  const cannon = createRequire(import.meta.url).resolve('autocannon')
  const request = ['-m', 'POST', '-H', 'content-type=application/json', '-b', body]
  const limit = rate === undefined ? [] : ['-R', String(Math.round(rate))]
  const argv = [cannon, '-j', '-c', String(connections), '-d', String(seconds), ...request, ...limit]
  const child = spawn(process.execPath, [...argv, `${url}/predict`], { stdio: ['ignore', 'pipe', 'ignore'] })
  const told: Told = JSON.parse(await text(child.stdout))
  const count = told['2xx']
  return { rate: count / told.duration, count, p50: told.latency.p50, p99: told.latency.p99 }
}

type Told = {
  readonly duration: number
  readonly '2xx': number
  readonly latency: { readonly p50: number; readonly p99: number }
}

const script = `wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.body = [[${body}]]
done = function(summary, latency)
  local good = summary.requests - summary.errors.status
  io.write(string.format("told %f %d %f %f", good / summary.duration * 1e6, good, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
`

async function loadByWrk(url: string, { connections, seconds }: Load): Promise<Outcome> {
  const work = mkdtempSync(join(tmpdir(), 'flambe-bench-load-'))
  const file = join(work, 'post.lua')
  writeFileSync(file, script)
  const argv = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', file, `${url}/predict`]
  const child = spawn('wrk', argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  const output = await text(child.stdout)
  rmSync(work, { recursive: true })
  const [, rate, count, p50, p99] = /told (\S+) (\S+) (\S+) (\S+)/.exec(output) ?? []
  return { rate: Number(rate), count: Number(count), p50: Number(p50), p99: Number(p99) }
}
