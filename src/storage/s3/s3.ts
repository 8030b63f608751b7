import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { archivePath, type Draft, sealArtifact, writeArtifact } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { step } from '../../progress.ts'
import type { Storage, Stored, WriteOptions } from '../storage.ts'
import { openS3Session, type S3Session } from './client.ts'
import { formatS3Location, parseS3Location, type S3Location } from './location.ts'
import { objectExists, putStream } from './objects.ts'
import { openS3Artifact } from './open.ts'
import type { S3Options } from './options.ts'
import { checkEmpty, writeArtifactToS3 } from './write.ts'

/** A prefix of a bucket, or with `compress` one object. */
export function s3Storage(destination: string, options: S3Options = {}): Storage {
  const location = parseS3Location(destination)
  const url = formatS3Location(location)
  const open = (signal?: AbortSignal) => openS3Session(location, { options, ...(signal && { signal }) })
  return {
    url,
    check: async ({ force, compress }) =>
      compress ? checkArchive(await open(), { location, force }) : checkEmpty(await open(), { force }),
    write: async (draft, writing) => {
      if (writing.compress) return writeArchive(await open(writing.signal), draft, writing)
      const { hashCache, signal } = writing
      const artifact = await sealArtifact(draft, { hashCache, signal })
      await writeArtifactToS3(await open(signal), artifact, writing)
      await hashCache.save()
      return { location: url, artifact }
    },
    open: (opening) => openS3Artifact(url, { ...opening, s3: options }),
  }
}

/** The one object that a compressed artifact is. */
function archiveLocation(location: S3Location): S3Location {
  return { ...location, prefix: archivePath(location.prefix || 'artifact') }
}

async function checkArchive(
  session: S3Session,
  { location, force }: { location: S3Location; force: boolean },
): Promise<void> {
  const archive = archiveLocation(location)
  if (force || !(await objectExists(session, archive.prefix))) return
  throw new FlambeError(
    'DESTINATION_NOT_EMPTY',
    `Destination ${formatS3Location(archive)} is there already. Use --force to replace it or pick another destination.`,
  )
}

async function writeArchive(session: S3Session, draft: Draft, options: WriteOptions): Promise<Stored> {
  await checkArchive(session, { location: session.location, force: options.force })
  const directory = await mkdtemp(join(tmpdir(), 'flambe-archive-'))
  try {
    const file = join(directory, archivePath(draft.manifest.name.replaceAll('/', '-')))
    const artifact = await writeArtifact(draft, file, options)
    const archive = archiveLocation(session.location)
    const { size } = await stat(file)
    await step(options.progress, { title: `upload ${formatS3Location(archive)}`, total: size }, (id) =>
      putStream(session, {
        key: archive.prefix,
        size,
        open: () => createReadStream(file),
        force: options.force,
      }).then(() => options.progress({ type: 'bytes', id, count: size })),
    )
    return { location: formatS3Location(archive), artifact }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
