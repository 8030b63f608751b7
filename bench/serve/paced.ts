// Load that comes as it comes from many callers who know nothing of each other: evenly, whatever the server answers. Neither
// wrk nor autocannon makes such: the one asks anew when it has its answer, and a refusal comes in no time; the other sends
// the requests of a second all at once.
import { Agent, request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { body } from './components.ts'
import type { Outcome } from './load.ts'
import { percentile } from './probe.ts'

export type Paced = {
  readonly seconds: number
  /** Requests a second. */
  readonly rate: number
  /** Most at a time; one that finds none free waits, and that counts as its time. */
  readonly connections: number
}

/** Asks `/predict` at a rate. Times are those of good answers, from when a request was due. */
export async function pacedLoad(url: string, { seconds, rate, connections }: Paced): Promise<Outcome> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const times: number[] = []
  const start = performance.now()
  const asked: Promise<void>[] = []
  const due = (n: number) => start + (n / rate) * 1000
  const count = Math.round(rate * seconds)
  while (asked.length < count) {
    const now = performance.now()
    while (asked.length < count && due(asked.length) <= now) {
      const from = due(asked.length)
      asked.push(
        post(url, agent).then((status) => {
          if (status === 200) times.push(performance.now() - from)
        }),
      )
    }
    await sleep(1)
  }
  await Promise.all(asked)
  const took = (performance.now() - start) / 1000
  agent.destroy()
  return {
    rate: times.length / took,
    count: times.length,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
  }
}

/** The status of an answer that has come whole; 0 without one. */
function post(url: string, agent: Agent): Promise<number> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve) => {
    const asked = request(`${url}/predict`, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
    })
    asked.on('error', () => resolve(0))
    asked.end(body)
  })
}
