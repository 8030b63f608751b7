import type { Quirks } from './quirks.ts'

export type Way = 'whole' | 'chunks'

const MiB = 2 ** 20

/** Smaller blobs go in one request: no proxy that we know of refuses it, and it is the fewest round trips. */
const large = 64 * MiB
const firstChunk = 16 * MiB
const smallestChunk = MiB / 4
const largestChunk = 128 * MiB

/**
 * Milliseconds that a chunk should take: long enough that the pause after it does not count, short enough that one that breaks off is no great loss,
 * and that a push which is told to stop can end it (distribution 2.8 goes on only from the end of a chunk).
 */
const chunkTime = 1000

/** How blobs go to a registry: by its quirks at first, and by what it refused and how fast it was since. */
export class UploadWay {
  #small: Way = 'whole'
  #large: Way
  #chunk = firstChunk
  #longest: number
  readonly #refused = new Set<Way>()

  constructor({ largeBlobs, longestChunk }: Pick<Quirks, 'largeBlobs' | 'longestChunk'>) {
    this.#large = largeBlobs
    this.#longest = longestChunk
  }

  of(size: number): Way {
    return size > Math.min(large, this.#longest) ? this.#large : this.#small
  }

  /** Bytes of the next chunk, within what the registry asks for. */
  chunk({
    least = 0,
    most = Number.POSITIVE_INFINITY,
  }: {
    least?: number | undefined
    most?: number | undefined
  }): number {
    return Math.min(Math.max(Math.min(this.#chunk, this.#longest), least), most)
  }

  /** Learns how fast chunks go. */
  took(length: number, milliseconds: number): void {
    const fitting = (length / Math.max(1, milliseconds)) * chunkTime
    this.#chunk = Math.min(Math.max(Math.floor(fitting), 4 * MiB), largestChunk)
  }

  /** Learns from an answer that a body of `length` bytes was not taken. False when there is no other way left. */
  refused(way: Way, { status, length }: { status: number; length: number }): boolean {
    if (status === 413) {
      this.#longest = Math.max(smallestChunk, Math.floor(Math.min(length, this.#longest) / 2))
      this.#large = 'chunks'
      return length > smallestChunk
    }
    this.#refused.add(way)
    this.#small = way === 'whole' ? 'chunks' : 'whole'
    this.#large = this.#small
    return this.#refused.size === 1
  }
}
