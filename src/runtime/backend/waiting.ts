/** What waits, first come first served. */
export type Waiting<T> = {
  readonly size: () => number
  readonly first: () => T | undefined
  readonly push: (one: T) => void
  /** Takes the first. */
  readonly shift: () => T | undefined
  /** Puts back what was taken, before all others. */
  readonly unshift: (ones: readonly T[]) => void
  readonly delete: (one: T) => void
}

export function createWaiting<T extends object>(): Waiting<T> {
  let items: (T | undefined)[] = []
  let head = 0
  let size = 0
  const settle = () => {
    while (head < items.length && items[head] === undefined) head++
    if (head < items.length && (head < 1024 || head * 2 < items.length)) return
    items = items.slice(head)
    head = 0
  }
  return {
    size: () => size,
    first: () => items[head],
    push: (one) => {
      items.push(one)
      size++
    },
    shift: () => {
      const one = items[head]
      if (one === undefined) return undefined
      items[head] = undefined
      size--
      settle()
      return one
    },
    unshift: (ones) => {
      items = [...ones, ...items.slice(head)]
      head = 0
      size += ones.length
    },
    delete: (one) => {
      const index = items.indexOf(one, head)
      if (index === -1) return
      items[index] = undefined
      size--
      settle()
    },
  }
}
