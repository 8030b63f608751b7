import type { Quirks } from './quirks.ts'

export type Way = 'whole' | 'chunks'

const smallestChunk = 2 ** 18

/** How blobs go to a registry: by its quirks at first, and by what it refused since. */
export class UploadWay {
  #small: Way = 'whole'
  #large: Way
  #chunkBytes: number
  readonly #refused = new Set<Way>()

  constructor({ largeBlobs, chunkBytes }: Pick<Quirks, 'largeBlobs' | 'chunkBytes'>) {
    this.#large = largeBlobs
    this.#chunkBytes = chunkBytes
  }

  of(size: number): Way {
    return size > this.#chunkBytes ? this.#large : this.#small
  }

  /** Bytes of the next chunk, within what the registry asks for. */
  chunk({
    least = 0,
    most = Number.POSITIVE_INFINITY,
  }: {
    least?: number | undefined
    most?: number | undefined
  }): number {
    return Math.min(Math.max(this.#chunkBytes, least), most)
  }

  /** Learns from an answer that a body of `length` bytes was not taken. False when there is no other way left. */
  refused(way: Way, { status, length }: { status: number; length: number }): boolean {
    if (status === 413) {
      this.#chunkBytes = Math.max(smallestChunk, Math.floor(Math.min(length, this.#chunkBytes) / 2))
      this.#large = 'chunks'
      return length > smallestChunk
    }
    this.#refused.add(way)
    this.#small = way === 'whole' ? 'chunks' : 'whole'
    this.#large = this.#small
    return this.#refused.size === 1
  }
}
