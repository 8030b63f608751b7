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

/** One blob on its way to one repository. */
export type UploadPlace = {
  readonly registry: Registry
  readonly repository: string
  readonly digest: string
}

/** Begins an upload, or mounts the blob from another repository: then there is nothing to send, and no session. */
export async function startUpload(
  { registry, repository, digest }: UploadPlace,
  { mountFrom, step }: { mountFrom?: string | undefined; step: string },
): Promise<UploadSession | 'mounted'> {
  const mount = mountFrom === undefined ? '' : `?${new URLSearchParams({ mount: digest, from: mountFrom })}`
  const { status, headers, url } = await registry.ask({
    method: 'POST',
    repository,
    target: `blobs/uploads/${mount}`,
    step,
    expect: mount ? [201, 202] : [202],
    // Whatever is wrong with a mount, an upload is the way out.
    ...(mount && { attempts: 1 }),
  })
  if (status === 201) return 'mounted'
  return {
    location: nextLocation(headers.location ?? '', { registry, repository, url }),
    offset: 0,
    least: positive(headers['oci-chunk-min-length']),
    most: positive(headers['oci-chunk-max-length']),
  }
}

/** Where an upload that broke off stands; undefined if it cannot go on. */
export async function uploadStatus(
  { registry, repository, digest }: UploadPlace,
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
      location: headers.location ? nextLocation(headers.location, { registry, repository, url }) : location,
      offset: receivedBytes(headers['range']) ?? 0,
    }
  } catch (error) {
    if (error instanceof RegistryError) return undefined
    throw error
  }
}

/** Where a registry says that an upload goes on, resolved against the URL that it answered under. */
export function nextLocation(
  location: string,
  { registry, repository, url }: Pick<UploadPlace, 'registry' | 'repository'> & { readonly url: URL },
): URL {
  const next = location === '' ? null : URL.parse(location, url.href)
  if (next) return next
  const what = location === '' ? 'no Location' : 'a Location that is no URL'
  throw new RegistryError('UNAVAILABLE', `${registry.name}/${repository} began an upload with ${what}`, {
    hint: 'check that the registry, and not something before it, answers there',
  })
}

/** `0-1023` is 1024 bytes. `0-0` is what registries say of none. */
export function receivedBytes(range: string | undefined): number | undefined {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(range ?? '')?.[1]
  if (last === undefined) return undefined
  return last === '0' ? 0 : Number(last) + 1
}

function positive(header: string | string[] | undefined): number | undefined {
  const value = Number(header)
  return Number.isSafeInteger(value) && value > 0 ? value : undefined
}
