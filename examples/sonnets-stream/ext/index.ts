import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Component, type PredictContext } from 'flambe'

type Order = 2 | 3 | 4

/** Writes in the manner of a text: each word is drawn from those that follow the same words there. */
export class Writer extends Component {
  static override readonly version = '1.0.0'
  readonly #order: Order
  /** Words in a row -> the words that follow them in the text, each as often as it does. */
  readonly #followers: ReadonlyMap<string, readonly string[]>

  constructor({ text, order = 2 }: { /** A text file to learn from. */ text: string; order?: Order }) {
    super()
    this.#order = order
    this.#followers = followersOf(wordsOf(readFileSync(text, 'utf8')), order)
  }

  /** Words that go on from a start, one by one. */
  async *predict(
    {
      words = 40,
      seed = 1,
      delay = 0,
    }: {
      /** How many words. @asType integer @minimum 1 @maximum 1000 @example 12 */ words?: number
      /** The same seed gives the same words. @asType integer @minimum 0 */ seed?: number
      /** Milliseconds between words. @minimum 0 @maximum 1000 */ delay?: number
    },
    { signal }: PredictContext,
  ): AsyncGenerator<{ word: string }> {
    const random = randomOf(seed)
    const starts = [...this.#followers.keys()]
    let state = pick(starts, random).split(' ')
    for (let written = 0; written < words; written++) {
      const next = pick(this.#followers.get(state.join(' ')) ?? starts, random).split(' ')[0] ?? ''
      yield { word: next }
      state = [...state, next].slice(-this.#order)
      if (delay > 0) await sleep(delay, undefined, { signal })
    }
  }
}

const wordsOf = (text: string) => text.split(/\s+/).filter(Boolean)

function followersOf(words: readonly string[], order: number): ReadonlyMap<string, readonly string[]> {
  const followers = new Map<string, string[]>()
  for (let at = 0; at + order < words.length; at++) {
    const state = words.slice(at, at + order).join(' ')
    followers.set(state, [...(followers.get(state) ?? []), words[at + order] ?? ''])
  }
  return followers
}

function pick(items: readonly string[], random: () => number): string {
  return items[Math.floor(random() * items.length)] ?? ''
}

/** Numbers in [0, 1) from a seed: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
