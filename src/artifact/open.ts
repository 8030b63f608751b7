import { readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { FlambeError } from '../errors.ts'
import { codeOf, resolvePath, safeJoin, settledDirectory } from '../files/index.ts'
import { type Progress, silent } from '../progress.ts'
import type { Artifact, ArtifactFile } from './artifact.ts'
import { fetchArchive } from './fetch-archive.ts'
import { type Manifest, manifestName } from './manifest.ts'
import { artifactNotFound } from './not-found.ts'
import { parseAny } from './parse-manifest.ts'
import { unpackedDirectory } from './unpacked.ts'

export type OpenOptions = {
  /**
   * Where unpacked archives and downloads are kept for the next time. Default: `$FLAMBE_CACHE_DIR`, else `flambe` in the user's
   * cache folder; where that may not be written, a folder that lasts as long as the process.
   */
  readonly cacheDirectory?: string | undefined
  readonly progress?: Progress
  readonly signal?: AbortSignal | undefined
}

/** An artifact on this machine. */
export type OpenedArtifact = Artifact & {
  /** The artifact's folder. */
  readonly directory: string
  /** Path of the node that the location names; `''` is the whole. */
  readonly node: string
  /** Its files came one by one, and each was checked by its digest. */
  readonly checked?: true
}

/**
 * Opens an artifact by its manifest, without reading its other files: a folder, the folder of a part, a
 * `.tar.gz`, or an `http(s)://` URL of one. Files beside those that the manifest lists are ignored.
 * @throws FlambeError `ARTIFACT_NOT_FOUND`, `ARTIFACT_DAMAGED`, `ARTIFACT_UNSUPPORTED`, `ARTIFACT_UNSAFE`.
 */
export async function openArtifact(location: string, options: OpenOptions = {}): Promise<OpenedArtifact> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location)?.[1]?.toLowerCase()
  if (scheme === 'http' || scheme === 'https') {
    return openDirectory(await fetchArchive(new URL(location), { progress: silent, ...options }), location)
  }
  if (scheme !== undefined && scheme !== 'file') {
    throw new FlambeError('ARTIFACT_NOT_FOUND', `"${location}" is not a place that flambe can load from`, {
      hint: 'a place is a folder, a .tar.gz or an http(s):// URL of one; load(place) takes s3://bucket/path too, and with { as: Class } gives that class as it is now',
    })
  }
  const path = scheme === 'file' ? decodeURIComponent(new URL(location).pathname) : resolvePath('.', location)
  const stats = await stat(await settledDirectory(path)).catch(() => undefined)
  if (stats?.isFile()) return openDirectory(await unpackedDirectory(path, options), location)
  return openDirectory(await settledDirectory(path), location)
}

async function openDirectory(directory: string, location: string, node = ''): Promise<OpenedArtifact> {
  const file = join(directory, manifestName)
  const manifest = parseAny(await readManifest(file, location), { file })
  if (!('part' in manifest)) return { manifest, files: filesOf(manifest, directory), directory, node }
  const { of, node: inner } = manifest.part
  if (node !== '' || !/^\.\.(\/\.\.)*$/.test(of)) {
    throw new FlambeError('ARTIFACT_UNSAFE', `${file} says that it is part of ${JSON.stringify(of)}`)
  }
  return openDirectory(resolve(directory, of), location, inner)
}

async function readManifest(file: string, location: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (cause) {
    if (codeOf(cause) === 'EACCES') throw new FlambeError('DENIED', `${file} may not be read`, { cause })
    throw await artifactNotFound(dirname(file), { location, cause })
  }
}

function filesOf(manifest: Manifest, directory: string): ReadonlyMap<string, ArtifactFile> {
  return new Map(
    manifest.files.map((entry) => [
      entry.path,
      { ...entry, source: { kind: 'file', path: safeJoin(directory, entry.path) } },
    ]),
  )
}
