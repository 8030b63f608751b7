import type { Descriptor } from '../image.ts'
import { type BlobPlace, streamBlob, verified } from './blob-stream.ts'

/** Whether a repository has a blob. Artifactory says 403 of one that it has not; one of another size is another, whoever says so. */
export async function blobExists(
  { registry, repository }: BlobPlace,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
): Promise<boolean> {
  const { status, headers } = await registry.ask({
    method: 'HEAD',
    repository,
    target: `blobs/${digest}`,
    step: `asking for ${digest}`,
    expect: [200, 404, 403],
  })
  return status === 200 && (Number(headers['content-length'] ?? 0) || size) === size
}

/** A small blob in memory, which is what its digest says. */
export async function getBlob(place: BlobPlace, blob: Pick<Descriptor, 'digest' | 'size'>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of verified(place.registry, blob, streamBlob(place, blob))) chunks.push(chunk)
  return Buffer.concat(chunks)
}
