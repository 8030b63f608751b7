/** Promises of what will be true at some time. */
export type Conditions = {
  readonly until: (isTrue: () => boolean) => Promise<void>
  /** Called when something has changed. */
  readonly check: () => void
}

export function createConditions(): Conditions {
  let waiting: { readonly isTrue: () => boolean; readonly resolve: () => void }[] = []
  const check = () => {
    if (waiting.length === 0) return
    const met = waiting.filter(({ isTrue }) => isTrue())
    waiting = waiting.filter((one) => !met.includes(one))
    for (const { resolve } of met) resolve()
  }
  return {
    until: (isTrue) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push({ isTrue, resolve })
      check()
      return promise
    },
    check,
  }
}
