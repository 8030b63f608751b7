import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256, writeCached } from '../../files/index.ts'

/** Where images keep what they may forget, under a cache directory. */
export function cachePaths(directory: string) {
  const of = (kind: string, ...key: string[]) =>
    join(directory, 'registry', kind, `${sha256(key.join('\n')).slice(0, 40)}.json`)
  return {
    /** What blobs a registry has in which repositories. */
    known: (registry: string) => of('known', registry),
    /** How a registry wants to be logged in to; no credentials. */
    challenge: (registry: string) => of('challenges', registry),
    /** The session of an upload that has not ended. */
    upload: (registry: string, repository: string, digest: string) =>
      of('uploads', registry, repository, digest),
    /** What a tag pointed to, and when. */
    tag: (registry: string, repository: string, tag: string) => of('tags', registry, repository, tag),
    /** What became of the plan of a layer. */
    layer: (key: string) => join(directory, 'layers', `${key}.json`),
    /** Which C library a layer of a base brings. */
    libc: (diffId: string) => join(directory, 'layers', `libc-${diffId.replace(/^sha256:/, '')}.json`),
    /** A pulled blob or manifest, or a layer that was packed here, verified. */
    blob: (digest: string) => join(directory, 'blobs', ...digest.split(':')),
  }
}

export type CachePaths = ReturnType<typeof cachePaths>

/** The JSON of a cache file; undefined if there is none that can be read. */
export async function readJson(path: string | undefined): Promise<unknown> {
  if (path === undefined) return undefined
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** Keeps a cache file, for this user's eyes. */
export async function writeJson(path: string | undefined, value: unknown): Promise<void> {
  if (path !== undefined) await writeCached(path, JSON.stringify(value), { mode: 0o600 })
}

export async function forget(path: string | undefined): Promise<void> {
  if (path !== undefined) await rm(path, { force: true }).catch(() => {})
}
