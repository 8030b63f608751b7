import type { Blob } from '../image.ts'
import { BlobSource } from './blob-source.ts'
import { RegistryError } from './failure.ts'
import type { Registry } from './registry.ts'
import { pause } from './retry.ts'
import { SessionHolder } from './session-holder.ts'
import type { StoredSessions } from './stored-sessions.ts'
import { patchChunk, putEnd, putWhole, type Sender } from './upload-requests.ts'
import type { UploadSession } from './upload-session.ts'
import type { UploadWay, Way } from './upload-way.ts'

/** What all uploads of a push share. */
export type UploadTarget = {
  readonly registry: Registry
  readonly repository: string
  readonly way: UploadWay
  readonly sessions: StoredSessions
  readonly signal?: AbortSignal | undefined
  /** Aborts a little after `signal`, so that the chunk under way can end where the registry can go on from. */
  readonly grace?: AbortSignal | undefined
}

export type UploadOptions = {
  /** A session that has begun already. */
  readonly session?: UploadSession | undefined
  /** For people: `uploading layer sha256:…`. */
  readonly step: string
  /** Bytes of the blob that went out; falls when some go again. */
  readonly onOffset: (offset: number) => void
  /** Whether the registry has the blob: asked when it failed to say. */
  readonly exists: () => Promise<boolean>
}

/** A request with bytes: what a refusal is about. */
type Attempt = { readonly way: Way; readonly length: number }

/** Failures in a row with no byte more at the registry. */
const mostFailures = 5
/** "Not that way", in the words of several registries and proxies. */
const refusals = [400, 404, 405, 411, 413, 415, 416, 501]

/** Uploads one blob whatever it takes: another session, another way, waiting. */
export async function uploadBlob(to: UploadTarget, blob: Blob, options: UploadOptions): Promise<void> {
  const { registry, repository, sessions, grace: signal } = to
  const { step, session, onOffset } = options
  const source = new BlobSource(blob, { signal })
  const place = { registry, repository, digest: blob.digest }
  const holder = new SessionHolder(place, { sessions, size: blob.size, session, step })
  const sender = { registry, repository, blob, source, step, onOffset, signal }
  const upload = new Upload(to, { sender, holder, exists: options.exists })
  try {
    while (!(await upload.advance()));
  } finally {
    await holder.leave()
    await source.close()
  }
}

type UploadParts = {
  readonly sender: Sender
  readonly holder: SessionHolder
  readonly exists: () => Promise<boolean>
}

class Upload {
  readonly #to: UploadTarget
  readonly #parts: UploadParts
  #attempt: Attempt | undefined
  /** Whether the registry may have all that it needs, and only its answer was lost. */
  #isEnding = false
  #failures = 0

  constructor(to: UploadTarget, parts: UploadParts) {
    this.#to = to
    this.#parts = parts
  }

  /** Tries to reach the end; false if it failed in a way that is worth another try. */
  async advance(): Promise<boolean> {
    const { holder, exists } = this.#parts
    const before = holder.furthest
    try {
      await this.#transfer(await holder.current())
      await holder.drop()
      return true
    } catch (error) {
      this.#to.signal?.throwIfAborted()
      const attempt = this.#attempt
      if (!(error instanceof RegistryError) || error.code === 'DENIED' || !attempt) throw error
      if (this.#isEnding && (await exists().catch(() => false))) {
        await holder.drop()
        return true
      }
      this.#failures = holder.furthest > before ? 1 : this.#failures + 1
      if (this.#failures >= mostFailures) throw error
      await (error.temporary ? this.#goOn(error) : this.#change(error, attempt))
      if (holder.furthest > before) this.#failures = 0
      return false
    }
  }

  async #transfer(from: UploadSession): Promise<void> {
    const { sender, holder } = this.#parts
    const { way, registry, signal } = this.#to
    const { size } = sender.blob
    const isAtOnce = way.of(size) === 'whole' && size <= (from.most ?? size)
    this.#isEnding = isAtOnce && from.offset === 0
    if (this.#isEnding) {
      this.#attempt = { way: 'whole', length: size }
      return await putWhole(sender, from)
    }
    let session = from
    while (session.offset < size) {
      const length = Math.min(way.chunk(session), size - session.offset)
      this.#attempt = { way: 'chunks', length }
      const begun = registry.clock.now()
      session = await holder.keep(await patchChunk(sender, session, length))
      way.took(length, registry.clock.now() - begun)
      signal?.throwIfAborted()
    }
    this.#isEnding = true
    await putEnd(sender, session)
  }

  /** After a temporary failure: in the same session where the registry can, else from the start. */
  async #goOn(error: RegistryError): Promise<void> {
    const { registry, signal } = this.#to
    await pause(error, this.#failures, { ...registry.retries, signal })
    await this.#parts.holder.recover()
  }

  /** After a refusal: another way, unless it was only the session that got lost. A body that is too large spoils no session. */
  async #change(error: RegistryError, { way, length }: Attempt): Promise<void> {
    const { holder } = this.#parts
    const { status = 0, codes } = error
    const isDamaged = codes.includes('DIGEST_INVALID')
    if (!refusals.includes(status) || (isDamaged && this.#failures > 1)) throw error
    const isLost = isDamaged || codes.includes('BLOB_UPLOAD_UNKNOWN')
    if (!isLost && !this.#to.way.refused(way, { status, length })) throw error
    await (status === 413 ? holder.recover() : holder.drop())
  }
}
