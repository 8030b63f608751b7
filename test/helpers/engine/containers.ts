import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { docker } from './real.ts'

export type Container = { readonly id: string; readonly url: string }

/** A container of an image, with its port published on loopback; it goes when the test ends. */
export function runContainer(
  image: string,
  { flags = [], args = [] }: { flags?: readonly string[]; args?: readonly string[] } = {},
): Container {
  const id = docker('run', '--detach', '--publish', '127.0.0.1:0:8080', ...flags, image, ...args)
  onTestFinished(() => void docker('rm', '--force', '--volumes', id))
  const [address] = docker('port', id, '8080').split('\n')
  return { id, url: `http://${address}` }
}

/** Until the container says that it can answer. */
export async function ready(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok) return
    await sleep(50)
  }
  throw new Error(`${url} is not ready`)
}
