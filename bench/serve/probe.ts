// Asks probes while a server works, as an orchestrator does: a connection each, one after the other.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from './server.ts'

/** The 99th percentile of the time that `/livez` and `/readyz` took, in milliseconds; every failure counts as infinite. */
export async function probe(url: string, { seconds }: { readonly seconds: number }): Promise<number> {
  const times: number[] = []
  const end = performance.now() + seconds * 1000
  for (let turn = 0; performance.now() < end; turn++) {
    const began = performance.now()
    const status = await ask(url + (turn % 2 === 0 ? '/livez' : '/readyz'))
    times.push(status === 200 ? performance.now() - began : Number.POSITIVE_INFINITY)
    await sleep(25)
  }
  return percentile(times, 0.99)
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
