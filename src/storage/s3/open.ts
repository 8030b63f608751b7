import { mkdir, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type FileEntry,
  manifestName,
  neededFiles,
  type OpenedArtifact,
  openArtifact,
  temporaryDirectory,
} from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { inParallel, sha256 } from '../../files/index.ts'
import { type Progress, silent, step } from '../../progress.ts'
import { openS3Session, type S3Session } from './client.ts'
import { downloadFile } from './download.ts'
import { formatS3Location, parseS3Location } from './location.ts'
import { fetchObject, getManifest, type StoredManifest } from './objects.ts'
import type { S3Options } from './options.ts'

export type OpenS3Options = {
  readonly s3?: S3Options
  /** Bring the manifest alone. */
  readonly manifestOnly?: boolean
  readonly cacheDirectory?: string | undefined
  readonly progress?: Progress
  readonly signal?: AbortSignal | undefined
}

/** An artifact in S3, its files brought to the cache: those that are there already are not asked for. */
export async function openS3Artifact(url: string, options: OpenS3Options = {}): Promise<OpenedArtifact> {
  const { s3 = {}, signal, cacheDirectory = await temporaryDirectory() } = options
  const location = parseS3Location(url)
  const session = await openS3Session(location, { options: s3, ...(signal && { signal }) })
  if (/\.(tar\.gz|tgz)$/.test(location.prefix)) {
    const archive = await fetchObject(session, join(cacheDirectory, 'downloads'))
    return openArtifact(archive, { cacheDirectory, signal })
  }
  const { owner, stored, node } = await findManifest(session)
  const directory = join(cacheDirectory, 's3', sha256(stored.bytes))
  const files = options.manifestOnly ? [] : neededFiles(stored.manifest, node)
  await bringFiles(owner, { files, directory, progress: options.progress ?? silent })
  await writeManifest(directory, stored)
  const opened = await openArtifact(directory)
  const there = new Set(files.map(({ path }) => path))
  return { ...opened, node, files: new Map([...opened.files].filter(([path]) => there.has(path))) }
}

type FoundManifest = { readonly owner: S3Session; readonly stored: StoredManifest; readonly node: string }

/** The manifest at the place, or above it where the place is a part of an artifact. */
async function findManifest(session: S3Session): Promise<FoundManifest> {
  const segments = session.location.prefix.split('/').filter(Boolean)
  for (let count = segments.length; count >= 0; count--) {
    const owner = {
      ...session,
      location: { ...session.location, prefix: segments.slice(0, count).join('/') },
    }
    const stored = await getManifest(owner)
    if (!stored) continue
    const node = segments.slice(count).join('/')
    if (Object.hasOwn(stored.manifest.nodes, node)) return { owner, stored, node }
    break
  }
  throw new FlambeError(
    'ARTIFACT_NOT_FOUND',
    `S3 url: '${formatS3Location(session.location)}' is not available: there is no artifact`,
    {
      hint: 'flambe ls s3://bucket shows the artifacts of a bucket',
    },
  )
}

async function bringFiles(
  session: S3Session,
  { files, directory, progress }: { files: readonly FileEntry[]; directory: string; progress: Progress },
): Promise<void> {
  const missing: FileEntry[] = []
  await inParallel(files, 32, async (file) => {
    const stats = await stat(join(directory, file.path)).catch(() => undefined)
    if (stats?.size !== file.size) missing.push(file)
  })
  if (missing.length === 0) return
  const total = missing.reduce((sum, { size }) => sum + size, 0)
  await step(progress, { title: `download ${formatS3Location(session.location)}`, total }, async (id) => {
    const onBytes = (count: number) => progress({ type: 'bytes', id, count })
    await inParallel(missing, 16, (file) =>
      downloadFile(session, file, { target: join(directory, file.path), onBytes }),
    )
  })
}

async function writeManifest(directory: string, { bytes }: StoredManifest): Promise<void> {
  const file = join(directory, manifestName)
  await mkdir(directory, { recursive: true })
  await writeFile(`${file}.${process.pid}.tmp`, bytes)
  await rename(`${file}.${process.pid}.tmp`, file)
}
