import { localStorage } from './local.ts'
import type { S3Options } from './s3/options.ts'
import type { Storage } from './storage.ts'

/** The kinds of place that an artifact can be written to. */
export const storageKinds = ['local', 's3'] as const

export type StorageKind = (typeof storageKinds)[number]

/** The place that a destination names; a relative folder starts at `directory`. */
export async function openStorage(
  kind: StorageKind,
  destination: string,
  { directory, s3 = {} }: { readonly directory: string; readonly s3?: S3Options },
): Promise<Storage> {
  if (kind === 'local') return localStorage(destination, { directory })
  const { s3Storage } = await import('./s3/s3.ts')
  return s3Storage(destination, s3)
}
