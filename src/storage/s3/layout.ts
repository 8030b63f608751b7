import { keyOf, type S3Location } from './location.ts'

/** Folder of an artifact's objects beside its manifest. Everything in it is flambe's. */
export const objectsFolder = 'flambe-files/'

/**
 * Names of an object: `<generation>/<sha256 of its bytes>`. The digest says what it is, so an object never
 * changes; the generation says for which replacement it was sent (see `write.ts`).
 */
export type ObjectName = string

/** Where the bytes of a file lie: from `start` on in an object. */
export type Place = { readonly object: ObjectName; readonly start: number }

export function objectKey(location: Pick<S3Location, 'prefix'>, object: ObjectName): string {
  return keyOf(location, `${objectsFolder}${object}`)
}

/** Says, while it is there, that the first artifact of this place is being sent in this generation. */
export function unfinishedKey(location: S3Location, generation: string): string {
  return keyOf(location, `${objectsFolder}${generation}/unfinished`)
}

/** The generation in a key under `objectsFolder`. */
export function generationOf(location: S3Location, key: string): string {
  return key.slice(keyOf(location, objectsFolder).length).split('/')[0] ?? ''
}

/** A place as the manifest says it: `<generation>/<sha256>`, and `+<start>` in an object of several files. */
export function formatPlace({ object, start }: Place): string {
  return start === 0 ? object : `${object}+${start}`
}

/** Reads a place; undefined where it is none. */
export function parsePlace(text: unknown): Place | undefined {
  const match = typeof text === 'string' ? /^([0-9a-f]{12}\/[0-9a-f]{64})(?:\+(\d{1,15}))?$/.exec(text) : null
  return match?.[1] === undefined ? undefined : { object: match[1], start: Number(match[2] ?? 0) }
}
