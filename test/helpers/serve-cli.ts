import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { flambe } from './cli.ts'

export type Served = {
  readonly url: string
  readonly stderr: () => string
  /** Tells it to stop; gives its status. */
  readonly stop: () => Promise<number | null>
}

/** Runs `flambe serve` at a free port until it says where; it ends with the test. */
export async function serveCli(
  args: readonly string[],
  { env = {} }: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Served> {
  const { promise: spawned, resolve } = Promise.withResolvers<ChildProcess>()
  const ended = flambe(['serve', ...args, '--port', '0'], { env, onSpawn: resolve })
  const child = await spawned
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let errors = ''
  child.stderr?.on('data', (text: string) => {
    errors += text
  })
  const line = await Promise.race([once(child.stdout ?? child, 'data'), ended.then(() => undefined)])
  if (!line) throw new Error(`it ended before it served:\n${errors}`)
  const url = String(line[0]).trim()
  await untilReady(url, () => child.exitCode !== null)
  return {
    url,
    stderr: () => errors,
    stop: async () => {
      child.kill('SIGTERM')
      return (await ended).status
    },
  }
}

async function untilReady(url: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    if ((await fetch(`${url}/readyz`).catch(() => undefined))?.ok) return
    await sleep(20)
  }
}
