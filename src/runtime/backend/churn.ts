/*
 * Collections for what comes and goes thousands of times a second. A Map or Set that fills and empties gets a new table
 * each time, and V8's old tables point to the newer ones: from the first that is old enough for the scavenger to pass by,
 * all that ever stood in those after it stays until a full collection. Under load that was a third of all garbage, and
 * pauses of tens of milliseconds.
 */

/** Things by number, of which those that are here at a time lie close together. */
export class Numbered<T extends object> {
  readonly #slots: ({ readonly n: number; readonly one: T } | undefined)[] = Array(1024).fill(undefined)
  /** What would stand in the place of another. */
  readonly #others = new Map<number, T>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get(n: number): T | undefined {
    const slot = this.#slots[n % this.#slots.length]
    return slot?.n === n ? slot.one : this.#others.get(n)
  }

  has(n: number): boolean {
    return this.get(n) !== undefined
  }

  set(n: number, one: T): void {
    const place = n % this.#slots.length
    const slot = this.#slots[place]
    if (!this.has(n)) this.#size++
    // One that stands among the others stays there, though its place may be free by now.
    if (slot?.n === n || (slot === undefined && !this.#others.has(n))) this.#slots[place] = { n, one }
    else this.#others.set(n, one)
  }

  delete(n: number): boolean {
    const place = n % this.#slots.length
    if (this.#slots[place]?.n === n) this.#slots[place] = undefined
    else if (!this.#others.delete(n)) return false
    this.#size--
    return true
  }

  values(): readonly T[] {
    return [...this.#slots.flatMap((slot) => slot?.one ?? []), ...this.#others.values()]
  }
}

/** A set of a few things, in the order in which they came. */
export class Few<T> {
  readonly #all: T[] = []

  get size(): number {
    return this.#all.length
  }

  add(one: T): void {
    if (!this.#all.includes(one)) this.#all.push(one)
  }

  delete(one: T): void {
    const index = this.#all.lastIndexOf(one)
    if (index === -1) return
    if (index === this.#all.length - 1) this.#all.pop()
    else this.#all.splice(index, 1)
  }

  [Symbol.iterator](): Iterator<T> {
    return [...this.#all].values()
  }
}
