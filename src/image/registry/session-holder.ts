import type { Registry } from './registry.ts'
import type { StoredSessions } from './stored-sessions.ts'
import { startUpload, type UploadPlace, type UploadSession, uploadStatus } from './upload-session.ts'

/** Smaller blobs are sent again rather than remembered. */
const worthResuming = 2 ** 23

export type SessionHolderOptions = {
  readonly sessions: StoredSessions
  readonly size: number
  /** A session that has begun already. */
  readonly session?: UploadSession | undefined
  /** For people. */
  readonly step: string
}

/** The session of one upload: begun when it is needed, gone on with when it broke off, also by a push that was killed. */
export class SessionHolder {
  readonly #place: UploadPlace
  readonly #options: SessionHolderOptions
  #session: UploadSession | undefined
  #furthest = 0

  constructor(place: UploadPlace, options: SessionHolderOptions) {
    this.#place = place
    this.#options = options
    this.#session = options.session
  }

  /** The most bytes that the registry ever had. */
  get furthest(): number {
    return this.#furthest
  }

  async current(): Promise<UploadSession> {
    return await this.keep(this.#session ?? (await this.#stored()) ?? (await this.#begun()))
  }

  async keep(session: UploadSession): Promise<UploadSession> {
    this.#session = session
    this.#furthest = Math.max(this.#furthest, session.offset)
    if (this.#isWorthIt) await this.#options.sessions.write(this.#place, session.location)
    return session
  }

  /** After a break: where it stands, if the registry can go on; else a new session is begun. */
  async recover(): Promise<void> {
    const broken = this.#session
    this.#session = undefined
    const status = broken && this.#canResume && (await uploadStatus(this.#place, broken.location))
    if (status) await this.keep(status)
  }

  /** When the upload ended, or its session is of no more use. */
  async drop(): Promise<void> {
    this.#session = undefined
    if (this.#isWorthIt) await this.#options.sessions.remove(this.#place)
  }

  /** When the upload is given up for now. */
  async leave(): Promise<void> {
    if (this.#session && this.#isWorthIt)
      await this.#options.sessions.leave(this.#place, this.#session.location)
  }

  async #stored(): Promise<UploadSession | undefined> {
    const location = this.#isWorthIt ? await this.#options.sessions.read(this.#place) : undefined
    return location && (await uploadStatus(this.#place, location))
  }

  async #begun(): Promise<UploadSession> {
    const started = await startUpload(this.#place, { step: this.#options.step })
    if (started === 'mounted') throw new TypeError('a mount was not asked for')
    return started
  }

  get #canResume(): boolean {
    const registry: Registry = this.#place.registry
    return registry.quirks.resumes
  }

  get #isWorthIt(): boolean {
    return this.#canResume && this.#options.size >= worthResuming
  }
}
