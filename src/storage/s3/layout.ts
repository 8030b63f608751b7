import { keyOf, type S3Location } from './location.ts'

/** Folder of an artifact's objects beside its manifest. Everything in it is flambe's. */
export const objectsFolder = 'flambe-files/'

/**
 * Where the bytes of a file lie. The digest says what they are, so an object never changes and files that are
 * the same are one object; the generation says for which replacement they were sent (see `write.ts`).
 */
export function objectKey(location: S3Location, { generation, sha256 }: Place): string {
  return keyOf(location, `${objectsFolder}${generation}/${sha256}`)
}

type Place = { readonly generation: string; readonly sha256: string }

/** Says, while it is there, that the first artifact of this place is being sent in this generation. */
export function unfinishedKey(location: S3Location, generation: string): string {
  return keyOf(location, `${objectsFolder}${generation}/unfinished`)
}

/** The generation in a key under `objectsFolder`. */
export function generationOf(location: S3Location, key: string): string {
  return key.slice(keyOf(location, objectsFolder).length).split('/')[0] ?? ''
}
