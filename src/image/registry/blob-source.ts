import { createHash, type Hash } from 'node:crypto'
import { FlambeError } from '../../errors.ts'
import type { Blob } from '../image.ts'

/** A place in a blob, and the hash of all before it. */
type Mark = { readonly offset: number; readonly hash: Hash }

/**
 * Reads a blob to send it, in parts and again from earlier offsets, and hashes every byte, unless the source is known to be unchanged: its last bytes are not
 * given out unless the whole is what its digest says, so that no registry ever gets a complete blob that is not.
 */
export class BlobSource {
  readonly #blob: Blob
  readonly #signal: AbortSignal | undefined
  #bytes: AsyncIterator<Uint8Array> | undefined
  #rest: Uint8Array = new Uint8Array()
  #offset = 0
  #hash = createHash('sha256')
  #mark: Mark = { offset: 0, hash: createHash('sha256') }
  #isTrusted: boolean | undefined
  #reading: Promise<Uint8Array> | undefined

  constructor(blob: Blob, { signal }: { signal?: AbortSignal | undefined } = {}) {
    this.#blob = blob
    this.#signal = signal
  }

  /** `length` bytes from `start`. Chunks are what the blob gives, cut at most. */
  async *take(start: number, length: number): AsyncGenerator<Uint8Array> {
    // A request that broke off may still wait for bytes: they would be missing in this one.
    await this.#reading?.catch(() => {})
    this.#isTrusted ??= (await this.#blob.isUnchanged?.()) ?? false
    if (this.#isTrusted) await this.#jump(start)
    else await this.#seek(start)
    const end = start + length
    while (this.#offset < end) {
      this.#reading = this.#next(end - this.#offset)
      yield await this.#reading
    }
  }

  async close(): Promise<void> {
    const bytes = this.#bytes
    this.#bytes = undefined
    this.#rest = new Uint8Array()
    await bytes?.return?.()
  }

  /** Goes on where it stands if it can; else starts again from the last mark before `start`, and reads up to it. */
  async #seek(start: number): Promise<void> {
    if (start < this.#mark.offset) this.#mark = { offset: 0, hash: createHash('sha256') }
    if (start < this.#offset) {
      await this.close()
      this.#offset = this.#mark.offset
      this.#hash = this.#mark.hash.copy()
    }
    while (this.#offset < start) await this.#next(start - this.#offset)
    this.#mark = { offset: start, hash: this.#hash.copy() }
  }

  /** Nothing before `start` has to be read to be hashed. */
  async #jump(start: number): Promise<void> {
    if (start === this.#offset) return
    await this.close()
    this.#offset = start
  }

  async #next(most: number): Promise<Uint8Array> {
    if (this.#rest.length === 0) this.#rest = await this.#read()
    const chunk = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(chunk.length)
    this.#offset += chunk.length
    if (!this.#isTrusted) this.#hash.update(chunk)
    if (this.#offset === this.#blob.size) await this.#verify()
    return chunk
  }

  async #read(): Promise<Uint8Array> {
    this.#bytes ??= this.#blob
      // What the connection holds back is less than three chunks: see `pending` of the exchange.
      .open({ start: this.#offset, borrow: true, ...(this.#signal && { signal: this.#signal }) })
      [Symbol.asyncIterator]()
    for (;;) {
      const { done, value } = await this.#bytes.next()
      if (done) throw changed(this.#blob, `it ends after ${this.#offset} of ${this.#blob.size} bytes`)
      if (value.length > 0) return value
    }
  }

  async #verify(): Promise<void> {
    const isLonger = this.#rest.length > 0
    if (isLonger) throw changed(this.#blob, `it has more than ${this.#blob.size} bytes`)
    if (this.#isTrusted) {
      if (await this.#blob.isUnchanged?.()) return
      throw changed(this.#blob, 'it was written to')
    }
    const digest = `sha256:${this.#hash.copy().digest('hex')}`
    if (digest !== this.#blob.digest) throw changed(this.#blob, `its bytes are now ${digest}`)
  }
}

function changed({ digest }: Blob, how: string): FlambeError {
  return new FlambeError('SOURCE_INVALID', `the source of ${digest} changed while it was sent: ${how}`, {
    hint: 'build again once nothing writes to the files of the image',
  })
}
