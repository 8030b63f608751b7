import type { Blob } from '../image.ts'
import { BlobSource } from './blob-source.ts'
import { RegistryError } from './failure.ts'
import type { Registry } from './registry.ts'
import { pause } from './retry.ts'
import { patchChunk, putEnd, putWhole, type Sender } from './upload-requests.ts'
import { type StoredSessions, startUpload, type UploadSession, uploadStatus } from './upload-session.ts'
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

/** Smaller blobs are sent again rather than remembered. */
const worthResuming = 2 ** 23
const mostFailures = 5
/** "Not that way", in the words of several registries and proxies. */
const refusals = [400, 404, 405, 411, 413, 415, 416, 501]

/** Uploads one blob whatever it takes: another session, another way, waiting. */
export async function uploadBlob(to: UploadTarget, blob: Blob, options: UploadOptions): Promise<void> {
  const { registry, repository, grace } = to
  const { step, onOffset } = options
  const source = new BlobSource(blob, { signal: grace })
  const upload = new Upload(
    to,
    { registry, repository, blob, source, step, onOffset, signal: grace },
    options,
  )
  try {
    while (!(await upload.advance()));
  } finally {
    await source.close()
  }
}

type Request = { readonly way: Way; readonly length: number }

class Upload {
  readonly #to: UploadTarget
  readonly #sender: Sender
  readonly #exists: () => Promise<boolean>
  #session: UploadSession | undefined
  /** The last request with bytes: what a refusal was about. */
  #request: Request | undefined
  /** Whether the registry may have all that it needs, and only its answer was lost. */
  #isEnding = false
  #furthest = 0
  #failures = 0

  constructor(to: UploadTarget, sender: Sender, { session, exists }: UploadOptions) {
    this.#to = to
    this.#sender = sender
    this.#session = session
    this.#exists = exists
  }

  /** Tries to reach the end; false if it failed in a way that is worth another try. */
  async advance(): Promise<boolean> {
    try {
      await this.#transfer(this.#session ?? (await this.#stored()) ?? (await this.#begin()))
      return await this.#finished()
    } catch (error) {
      this.#to.signal?.throwIfAborted()
      if (!(error instanceof RegistryError) || error.code === 'DENIED' || !this.#request) throw error
      if (this.#isEnding && (await this.#exists().catch(() => false))) return await this.#finished()
      this.#failures++
      if (this.#failures >= mostFailures) throw error
      await (error.temporary ? this.#goOn(error) : this.#change(error, this.#request))
      return false
    }
  }

  async #transfer(from: UploadSession): Promise<void> {
    const { way, registry } = this.#to
    const { clock } = registry
    const { size } = this.#sender.blob
    let session = await this.#keep(from)
    const isAtOnce = way.of(size) === 'whole' && size <= (session.most ?? size)
    this.#isEnding = isAtOnce && session.offset === 0
    if (this.#isEnding) {
      this.#request = { way: 'whole', length: size }
      return await putWhole(this.#sender, session)
    }
    while (session.offset < size) {
      const length = Math.min(way.chunk(session), size - session.offset)
      this.#request = { way: 'chunks', length }
      const begun = clock.now()
      session = await this.#keep(await patchChunk(this.#sender, session, length))
      way.took(length, clock.now() - begun)
      this.#to.signal?.throwIfAborted()
    }
    this.#isEnding = true
    await putEnd(this.#sender, session)
  }

  /** After a temporary failure: in the same session where the registry can, else from the start. */
  async #goOn(error: RegistryError): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await pause(error, this.#failures, { ...this.#to.registry.retries, signal: this.#to.signal })
    if (session) await this.#resume(session.location)
  }

  /** After a refusal: another way, unless it was only the session that got lost; a session only where nothing is wrong with it. */
  async #change(error: RegistryError, { way, length }: Request): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await this.#to.sessions.remove(this.#id)
    const { status = 0, codes } = error
    const isDamaged = codes.includes('DIGEST_INVALID')
    if (!refusals.includes(status) || (isDamaged && this.#failures > 1)) throw error
    if (isDamaged || codes.includes('BLOB_UPLOAD_UNKNOWN')) return
    if (!this.#to.way.refused(way, { status, length })) throw error
    if (status === 413 && session) await this.#resume(session.location)
  }

  /** Goes on in a session, if the registry can. */
  async #resume(location: URL): Promise<void> {
    if (!this.#to.registry.quirks.resumes) return
    const status = await uploadStatus(this.#id, location)
    if (status) await this.#keep(status)
  }

  async #begin(): Promise<UploadSession> {
    const started = await startUpload(this.#id, { step: this.#sender.step })
    if (started === 'mounted') throw new TypeError('a mount was not asked for')
    return started
  }

  /** The session of a push that was killed. */
  async #stored(): Promise<UploadSession | undefined> {
    const location = this.#isKept ? await this.#to.sessions.read(this.#id) : undefined
    return location && (await uploadStatus(this.#id, location))
  }

  async #keep(session: UploadSession): Promise<UploadSession> {
    this.#session = session
    if (session.offset > this.#furthest) {
      this.#furthest = session.offset
      this.#failures = 0
    }
    if (this.#isKept) await this.#to.sessions.write(this.#id, session)
    return session
  }

  async #finished(): Promise<true> {
    if (this.#isKept) await this.#to.sessions.remove(this.#id)
    return true
  }

  get #isKept(): boolean {
    return this.#to.registry.quirks.resumes && this.#sender.blob.size >= worthResuming
  }

  get #id() {
    const { registry, repository, blob } = this.#sender
    return { registry, repository, digest: blob.digest }
  }
}
