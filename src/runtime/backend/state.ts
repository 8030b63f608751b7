import type { State } from '../exchange.ts'
import type { Observe } from '../observe.ts'

/** The state of a backend, told to `observe` whenever it changes. */
export type StateHolder = {
  readonly current: () => State
  readonly set: (state: State['state'], reason?: string) => void
}

export function createState(observe: Observe, now: () => Date = () => new Date()): StateHolder {
  let current: State = { state: 'loading', since: now().toISOString() }
  return {
    current: () => current,
    set: (state, reason) => {
      current = { state, since: now().toISOString(), ...(reason !== undefined && { reason }) }
      observe({ type: 'state', state: current })
    },
  }
}
