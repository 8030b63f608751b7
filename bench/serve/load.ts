// Load from a process of its own: autocannon, which npm brings.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { json } from 'node:stream/consumers'
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
  /** All answers a second. */
  readonly answers: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Connections that broke, and requests without an answer. */
  readonly failures: number
}

/** Asks `/predict` for a while. */
export async function load(url: string, { connections, seconds, rate }: Load): Promise<Outcome> {
  const cannon = createRequire(import.meta.url).resolve('autocannon')
  const argv = [
    '-j',
    '-c',
    connections,
    '-d',
    seconds,
    '-m',
    'POST',
    '-H',
    'content-type=application/json',
    '-b',
    body,
  ]
  const limit = rate === undefined ? [] : ['-R', Math.round(rate)]
  const child = spawn(process.execPath, [cannon, ...[...argv, ...limit, `${url}/predict`].map(String)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const told = (await json(child.stdout)) as Told
  return {
    rate: told['2xx'] / told.duration,
    answers: told.requests.total / told.duration,
    p50: told.latency.p50,
    p99: told.latency.p99,
    failures: told.errors + told.timeouts,
  }
}

type Told = {
  readonly duration: number
  readonly errors: number
  readonly timeouts: number
  readonly '2xx': number
  readonly requests: { readonly total: number }
  readonly latency: { readonly p50: number; readonly p99: number }
}
