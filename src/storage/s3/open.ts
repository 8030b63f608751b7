import { randomUUID } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  encodeManifest,
  manifestName,
  neededFiles,
  type OpenedArtifact,
  openArtifact,
  temporaryDirectory,
} from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { sha256 } from '../../files/index.ts'
import { type Progress, silent } from '../../progress.ts'
import { isArchive } from './archive.ts'
import { bringFiles } from './bring.ts'
import { isDenied, isMissing } from './failure.ts'
import { formatS3Location, parseS3Location } from './location.ts'
import { getManifest, type StoredManifest } from './manifest.ts'
import { fetchArchive } from './open-archive.ts'
import type { S3Options } from './options.ts'
import { atPrefix, openS3Session, type S3Session } from './session.ts'

export type OpenS3Options = {
  readonly s3?: S3Options
  /** Bring the manifest alone. */
  readonly manifestOnly?: boolean
  readonly cacheDirectory?: string | undefined
  readonly progress?: Progress
  readonly signal?: AbortSignal | undefined
}

/** Times that an open begins anew because the artifact was replaced meanwhile. */
const mostReplacements = 10

/** An artifact in S3, its files brought to the cache: those that are there already are not asked for. */
export async function openS3Artifact(url: string, options: OpenS3Options = {}): Promise<OpenedArtifact> {
  const {
    s3 = {},
    signal,
    progress = silent,
    cacheDirectory = await temporaryDirectory(),
    manifestOnly = false,
  } = options
  const session = await openS3Session(parseS3Location(url), { options: s3, signal })
  try {
    if (isArchive(session.location)) {
      const archive = await fetchArchive(session, { directory: join(cacheDirectory, 'downloads'), progress })
      return await openArtifact(archive, { cacheDirectory, signal })
    }
    return await openFolder(session, { cacheDirectory, manifestOnly, progress })
  } finally {
    session.client.destroy()
  }
}

type FolderOptions = {
  readonly cacheDirectory: string
  readonly manifestOnly: boolean
  readonly progress: Progress
}

async function openFolder(session: S3Session, options: FolderOptions): Promise<OpenedArtifact> {
  for (let trial = 1, found = await findManifest(session); ; trial++) {
    try {
      return await bring(found, options)
    } catch (error) {
      // Its objects are removed once it is replaced: then the artifact is the one that replaced it.
      const now = isMissing(error) ? await findManifest(session) : found
      if (trial === mostReplacements || now.stored.etag === found.stored.etag) throw error
      found = now
    }
  }
}

async function bring(
  { owner, stored, node }: FoundManifest,
  { cacheDirectory, manifestOnly, progress }: FolderOptions,
): Promise<OpenedArtifact> {
  const bytes = encodeManifest(stored.manifest)
  const directory = join(cacheDirectory, 's3', sha256(bytes))
  const files = manifestOnly ? [] : neededFiles(stored.manifest, node)
  await bringFiles(owner, { stored, files, directory, progress })
  await writeManifest(directory, bytes)
  const opened = await openArtifact(directory)
  const there = new Set(files.map(({ path }) => path))
  return { ...opened, node, files: new Map([...opened.files].filter(([path]) => there.has(path))) }
}

type FoundManifest = { readonly owner: S3Session; readonly stored: StoredManifest; readonly node: string }

/** The manifest at the place, or above it where the place is a part of an artifact. */
async function findManifest(session: S3Session): Promise<FoundManifest> {
  const segments = session.location.prefix.split('/').filter(Boolean)
  for (let count = segments.length; count >= 0; count--) {
    const owner = atPrefix(session, segments.slice(0, count).join('/'))
    const stored = await getManifest(owner).catch((error) => {
      // Who may read a place need not be allowed to look above it.
      if (count < segments.length && isDenied(error)) return undefined
      throw error
    })
    if (!stored) continue
    const node = segments.slice(count).join('/')
    if (Object.hasOwn(stored.manifest.nodes, node)) return { owner, stored, node }
    break
  }
  throw new FlambeError(
    'ARTIFACT_NOT_FOUND',
    `S3 url: '${formatS3Location(session.location)}' is not available: there is no artifact`,
    { hint: 'flambe ls s3://bucket shows the artifacts of a bucket' },
  )
}

async function writeManifest(directory: string, bytes: Uint8Array): Promise<void> {
  const file = join(directory, manifestName)
  const temporary = `${file}.${randomUUID()}.tmp`
  await mkdir(directory, { recursive: true })
  await writeFile(temporary, bytes)
  await rename(temporary, file)
}
