import { localStorage } from './local.ts'
import type { Storage } from './storage.ts'

/** The kinds of place that an artifact can be written to. */
export const storageKinds = ['local', 's3'] as const

export type StorageKind = (typeof storageKinds)[number]

/** The place that a destination names; a relative folder starts at `directory`. */
export async function openStorage(
  kind: StorageKind,
  destination: string,
  { directory }: { readonly directory: string },
): Promise<Storage> {
  if (kind === 'local') return localStorage(destination, { directory })
  const { s3Storage } = await import('./s3/s3.ts')
  return s3Storage(destination)
}
