import { isAlive } from './alive.ts'
import { cachePaths, forget, readJson, writeJson } from './cache.ts'
import type { UploadPlace } from './upload-session.ts'

/** Remembers unfinished uploads, so that a push that was killed goes on where it was. */
export class StoredSessions {
  readonly #directory: string | undefined

  constructor(directory: string | undefined) {
    this.#directory = directory
  }

  /** The location of an unfinished upload that no other living process works on. */
  async read(place: UploadPlace): Promise<URL | undefined> {
    const found = parse(await readJson(this.#path(place)))
    if (!found || (found.pid !== process.pid && isAlive(found.pid))) return undefined
    return found.location
  }

  async write(place: UploadPlace, location: URL): Promise<void> {
    await writeJson(this.#path(place), { location: location.href, pid: process.pid })
  }

  async remove(place: UploadPlace): Promise<void> {
    await forget(this.#path(place))
  }

  #path({ registry, repository, digest }: UploadPlace): string | undefined {
    const directory = this.#directory
    return directory && cachePaths(directory).upload(registry.name, repository, digest)
  }
}

function parse(value: unknown): { readonly location: URL; readonly pid: number } | undefined {
  const { location, pid } = (value ?? {}) as { location?: unknown; pid?: unknown }
  const url = typeof location === 'string' ? URL.parse(location) : null
  return url && typeof pid === 'number' ? { location: url, pid } : undefined
}
