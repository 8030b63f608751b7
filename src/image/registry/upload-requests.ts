import type { Blob } from '../image.ts'
import type { BlobSource } from './blob-source.ts'
import type { Body } from './exchange.ts'
import { RegistryError } from './failure.ts'
import type { Registry } from './registry.ts'
import { nextLocation, receivedBytes, type UploadSession } from './upload-session.ts'

export type Sender = {
  readonly registry: Registry
  readonly repository: string
  readonly blob: Blob
  readonly source: BlobSource
  /** For people: `uploading layer sha256:…`. */
  readonly step: string
  readonly onOffset: (offset: number) => void
  readonly signal: AbortSignal | undefined
}

const octets = { 'content-type': 'application/octet-stream' }

/** All bytes in the request that ends the upload. */
export async function putWhole(sender: Sender, session: UploadSession): Promise<void> {
  await put(sender, session, bodyOf(sender, 0, sender.blob.size))
}

/** Ends an upload whose bytes are all there. */
export async function putEnd(sender: Sender, session: UploadSession): Promise<void> {
  await put(sender, session, undefined)
}

/** The next bytes. Believes the registry if it kept fewer than it got, but not if it says that nothing moved (as ECR does). */
export async function patchChunk(
  sender: Sender,
  session: UploadSession,
  most: number,
): Promise<UploadSession> {
  const { registry, repository, step, blob, signal } = sender
  const { offset } = session
  const length = Math.min(most, blob.size - offset)
  const { headers, url } = await registry.ask({
    method: 'PATCH',
    repository,
    target: session.location,
    step,
    headers: { ...octets, 'content-range': `${offset}-${offset + length - 1}` },
    body: bodyOf(sender, offset, length),
    expect: [202, 201, 204],
    attempts: 1,
    signal,
  })
  const received = receivedBytes(headers['range']) ?? 0
  return {
    ...session,
    location: headers.location
      ? nextLocation(headers.location, { registry, repository, url })
      : session.location,
    offset: received > offset && received < offset + length ? received : offset + length,
  }
}

async function put(sender: Sender, { location }: UploadSession, body: Body | undefined): Promise<void> {
  const { registry, repository, step, blob, signal } = sender
  const target = new URL(location)
  target.searchParams.set('digest', blob.digest)
  const { headers } = await registry.ask({
    method: 'PUT',
    repository,
    target,
    step,
    headers: octets,
    ...(body && { body }),
    expect: [201, 204],
    attempts: 1,
    signal,
  })
  const stored = headers['docker-content-digest']
  if (typeof stored === 'string' && stored.startsWith('sha256:') && stored !== blob.digest) {
    throw new RegistryError(
      'UNAVAILABLE',
      `${registry.name} stored ${stored} when it was sent ${blob.digest}`,
      {
        hint: 'something between here and the registry alters what is sent',
      },
    )
  }
}

function bodyOf({ source, onOffset }: Sender, start: number, length: number): Body {
  async function* open() {
    let offset = start
    onOffset(offset)
    for await (const chunk of source.take(start, length)) {
      yield chunk
      offset += chunk.length
      onOffset(offset)
    }
  }
  return { length, open }
}
