import { setTimeout as wait } from 'node:timers/promises'

/** Time as the client sees it, so that a test can make it up. */
export type Clock = {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    await wait(milliseconds, undefined, { ...(signal && { signal }) }).catch((error) => {
      throw signal?.aborted ? signal.reason : error
    })
  },
}
