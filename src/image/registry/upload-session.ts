import { cachePaths, forget, readJson, writeJson } from './cache.ts'
import { RegistryError } from './failure.ts'
import type { Registry } from './registry.ts'

/** An upload that has begun: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks */
export type UploadSession = {
  /** Where the next bytes go; changes with every answer. */
  readonly location: URL
  /** Bytes that the registry has. */
  readonly offset: number
  /** What the registry asks of chunks. */
  readonly least?: number | undefined
  readonly most?: number | undefined
}

export type SessionOptions = {
  readonly registry: Registry
  readonly repository: string
  readonly digest: string
}

/** Begins an upload, or mounts the blob from another repository: then there is nothing to send, and no session. */
export async function startUpload(
  { registry, repository, digest }: SessionOptions,
  { mountFrom, step }: { mountFrom?: string | undefined; step: string },
): Promise<UploadSession | 'mounted'> {
  const mount = mountFrom === undefined ? '' : `?${new URLSearchParams({ mount: digest, from: mountFrom })}`
  const { status, headers, url } = await registry.ask({
    method: 'POST',
    repository,
    target: `blobs/uploads/${mount}`,
    step,
    expect: mount ? [201, 202] : [202],
  })
  if (status === 201) return 'mounted'
  return {
    location: new URL(headers.location ?? '', url),
    offset: 0,
    least: positive(headers['oci-chunk-min-length']),
    most: positive(headers['oci-chunk-max-length']),
  }
}

/** Where an upload that broke off stands; undefined if it cannot go on. */
export async function uploadStatus(
  { registry, repository, digest }: SessionOptions,
  location: URL,
): Promise<UploadSession | undefined> {
  try {
    const { headers, url } = await registry.ask({
      method: 'GET',
      repository,
      target: location,
      step: `asking how much arrived of ${digest}`,
      expect: [204],
    })
    return {
      location: headers.location ? new URL(headers.location, url) : location,
      offset: receivedBytes(headers['range']) ?? 0,
    }
  } catch (error) {
    if (error instanceof RegistryError) return undefined
    throw error
  }
}

/** `0-1023` is 1024 bytes. `0-0` is what registries say of none. */
export function receivedBytes(range: string | undefined): number | undefined {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(range ?? '')?.[1]
  if (last === undefined) return undefined
  return last === '0' ? 0 : Number(last) + 1
}

/** Remembers unfinished uploads, so that a push that was killed goes on where it was. */
export class StoredSessions {
  readonly #directory: string | undefined

  constructor(directory: string | undefined) {
    this.#directory = directory
  }

  /** The location of an unfinished upload that no living process works on. */
  async read(of: SessionOptions): Promise<URL | undefined> {
    const { location, pid } = ((await readJson(this.#path(of))) ?? {}) as {
      location?: unknown
      pid?: unknown
    }
    if (typeof location !== 'string' || typeof pid !== 'number') return undefined
    return pid !== process.pid && isAlive(pid) ? undefined : (URL.parse(location) ?? undefined)
  }

  async write(of: SessionOptions, { location }: UploadSession): Promise<void> {
    await writeJson(this.#path(of), { location: location.href, pid: process.pid })
  }

  async remove(of: SessionOptions): Promise<void> {
    await forget(this.#path(of))
  }

  #path({ registry, repository, digest }: SessionOptions): string | undefined {
    const directory = this.#directory
    return directory && cachePaths(directory).upload(registry.name, repository, digest)
  }
}

/** Whether a process runs. One that we may not signal does. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function positive(header: string | string[] | undefined): number | undefined {
  const value = Number(header)
  return Number.isSafeInteger(value) && value > 0 ? value : undefined
}
