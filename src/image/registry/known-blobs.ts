import { cachePaths, readJson, writeJson } from './cache.ts'
import type { Clock } from './clock.ts'

/** Milliseconds that we believe a registry still has what it had: they collect garbage. */
const life = 24 * 3600_000

type Times = { [digest: string]: number }

/** What a registry is known to hold, by repository: saves the question, and finds a repository to mount from. */
export class KnownBlobs {
  readonly #path: string | undefined
  readonly #clock: Clock
  #repositories: Map<string, Map<string, number>>
  #isChanged = false

  private constructor(
    path: string | undefined,
    clock: Clock,
    repositories: Map<string, Map<string, number>>,
  ) {
    this.#path = path
    this.#clock = clock
    this.#repositories = repositories
  }

  static async open(
    registry: string,
    { cacheDirectory, clock }: { cacheDirectory?: string | undefined; clock: Clock },
  ): Promise<KnownBlobs> {
    const path = cacheDirectory === undefined ? undefined : cachePaths(cacheDirectory).known(registry)
    return new KnownBlobs(path, clock, parse(await readJson(path), clock.now()))
  }

  /** Whether anything is known of the repository. */
  isWarm(repository: string): boolean {
    return (this.#repositories.get(repository)?.size ?? 0) > 0
  }

  has(repository: string, digest: string): boolean {
    return this.#repositories.get(repository)?.has(digest) ?? false
  }

  /** Another repository of the registry that has the blob. */
  elsewhere(repository: string, digest: string): string | undefined {
    return [...this.#repositories].find(([name, digests]) => name !== repository && digests.has(digest))?.[0]
  }

  add(repository: string, digest: string): void {
    const digests = this.#repositories.get(repository) ?? new Map<string, number>()
    this.#repositories.set(repository, digests.set(digest, this.#clock.now()))
    this.#isChanged = true
  }

  /** After the registry said that it lacks something. */
  forget(repository: string): void {
    this.#repositories.delete(repository)
    this.#isChanged = true
  }

  /** Several processes may do this at once: the last one wins, and what is lost is only asked for again. */
  async save(): Promise<void> {
    if (!this.#isChanged) return
    this.#isChanged = false
    const repositories = [...this.#repositories].map(([name, digests]) => [name, Object.fromEntries(digests)])
    await writeJson(this.#path, { version: 1, repositories: Object.fromEntries(repositories) })
  }
}

function parse(value: unknown, now: number): Map<string, Map<string, number>> {
  const { version, repositories } = (value ?? {}) as {
    version?: unknown
    repositories?: { [name: string]: Times }
  }
  if (version !== 1 || typeof repositories !== 'object') return new Map()
  // A time in the future is of a clock that was wrong: it could be of any age.
  const isFresh = (time: unknown) => typeof time === 'number' && time <= now && now - time < life
  return new Map(
    Object.entries(repositories).map(([name, times]) => [
      name,
      new Map(Object.entries(times ?? {}).filter(([, time]) => isFresh(time))),
    ]),
  )
}
