import { onTestFinished } from 'vitest'
import type { RegistryOptions } from '../../../src/image/index.ts'
import type { MemoryRegistry } from './memory.ts'
import type { Personality } from './personalities.ts'
import { scratch } from './scratch.ts'
import { serveRegistry } from './serve.ts'

/** Waits for nothing, and remembers for how long it should have. */
export function fastClock(start = Date.now()) {
  const waits: number[] = []
  let now = start
  return {
    waits,
    advance: (milliseconds: number) => {
      now += milliseconds
    },
    now: () => now,
    sleep: async (milliseconds: number, signal?: AbortSignal) => {
      waits.push(milliseconds)
      now += milliseconds
      signal?.throwIfAborted()
    },
  }
}

/** A registry in memory for one test, a cache directory of its own, and a clock that does not wait. */
export async function withRegistry(personality: Partial<Personality> = {}) {
  const { memory, host, close } = await serveRegistry(personality)
  onTestFinished(close)
  const clock = fastClock()
  const cacheDirectory = scratch()
  const options: RegistryOptions & { cacheDirectory: string } = {
    cacheDirectory,
    clock,
    random: () => 0,
    ...(personality.auth && { login: memory.user }),
  }
  return { memory, host, clock, cacheDirectory, options, at: (path: string) => `${host}/${path}` }
}

export const methods = ({ requests }: MemoryRegistry) => requests.map(({ method }) => method)
