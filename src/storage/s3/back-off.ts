import { setTimeout as sleep } from 'node:timers/promises'

/** Times that a request is made before its failure counts. */
export const tries = 8
const firstWait = 200
const longestWait = 10_000

export type BackOffOptions = {
  readonly signal: AbortSignal | undefined
  /** From 0 up to 1. */
  readonly random?: (() => number) | undefined
}

/** Waits after try number `trial`, longer each time, with full jitter. */
export async function backOff(
  trial: number,
  { signal, random = Math.random }: BackOffOptions,
): Promise<void> {
  const wait = random() * Math.min(longestWait, firstWait * 2 ** (trial - 1))
  await sleep(wait, undefined, signal ? { signal } : {})
}
