import { isOwned, nobody, ownerMark } from '../../files/index.ts'
import { cachePaths, forget, readJson, writeJson } from './cache.ts'
import type { UploadPlace } from './upload-session.ts'

/** Remembers unfinished uploads, so that a push that was killed goes on where it was. */
export class StoredSessions {
  readonly #directory: string | undefined

  constructor(directory: string | undefined) {
    this.#directory = directory
  }

  /** The location of an unfinished upload that nobody works on. */
  async read(place: UploadPlace): Promise<URL | undefined> {
    const { location, owner } = ((await readJson(this.#path(place))) ?? {}) as { [key: string]: unknown }
    if (typeof location !== 'string' || typeof owner !== 'string' || isOwned(owner)) return undefined
    return URL.parse(location) ?? undefined
  }

  /** Remembers an upload that we work on. */
  async write(place: UploadPlace, location: URL): Promise<void> {
    await writeJson(this.#path(place), { location: location.href, owner: ownerMark() })
  }

  /** Leaves an upload to whoever comes next. */
  async leave(place: UploadPlace, location: URL): Promise<void> {
    await writeJson(this.#path(place), { location: location.href, owner: nobody })
  }

  async remove(place: UploadPlace): Promise<void> {
    await forget(this.#path(place))
  }

  #path({ registry, repository, digest }: UploadPlace): string | undefined {
    const directory = this.#directory
    return directory && cachePaths(directory).upload(registry.name, repository, digest)
  }
}
