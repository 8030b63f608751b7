/** Ends things when their time is over, with one timer for all of them. */
export type Deadlines = {
  readonly add: (one: Expiring) => void
  readonly delete: (one: Expiring) => void
}

export type Expiring = {
  /** On the clock of `performance.now()`. */
  readonly deadline: number
  readonly expire: () => void
  /** Where it stands among the others; kept by the deadlines. */
  place?: number
}

/**
 * A timer is set for the nearest deadline and looks at all of them when it fires. Nearly all end before theirs, so that
 * adding one is a comparison, and not a timer of its own.
 */
export function createDeadlines(): Deadlines {
  // No Set: see churn.ts. The last takes the place of one that goes.
  const waiting: Expiring[] = []
  const remove = (one: Expiring) => {
    const { place = -1 } = one
    const last = waiting[place] === one ? waiting.pop() : undefined
    if (last === undefined || last === one) return
    waiting[place] = last
    last.place = place
  }
  let timer: NodeJS.Timeout | undefined
  let firesAt = Number.POSITIVE_INFINITY
  const fire = () => {
    firesAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    let next = Number.POSITIVE_INFINITY
    for (const one of [...waiting]) {
      if (one.deadline > now) next = Math.min(next, one.deadline)
      else {
        remove(one)
        one.expire()
      }
    }
    if (next < firesAt) arm(next)
  }
  const arm = (at: number) => {
    clearTimeout(timer)
    firesAt = at
    // Timers count whole milliseconds, and more than 2^31 of them fire at once.
    timer = setTimeout(fire, Math.min(2 ** 31 - 1, Math.max(1, Math.ceil(at - performance.now()))))
    timer.unref()
  }
  return {
    add: (one) => {
      one.place = waiting.push(one) - 1
      if (one.deadline < firesAt) arm(one.deadline)
    },
    delete: remove,
  }
}
