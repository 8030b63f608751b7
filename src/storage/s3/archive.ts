import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { archivePath, type Draft, writeArtifact } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { hashFile } from '../../files/index.ts'
import { step } from '../../progress.ts'
import type { Stored, WriteOptions } from '../storage.ts'
import { isConflict } from './failure.ts'
import { formatS3Location, type S3Location } from './location.ts'
import { abortUpload, listUploads } from './multipart.ts'
import { findObject } from './objects.ts'
import { atPrefix, type S3Session } from './session.ts'
import { sendFiles } from './upload.ts'

/** The one object that a compressed artifact is. */
export function archiveLocation(location: S3Location): S3Location {
  return { ...location, prefix: archivePath(location.prefix || 'artifact') }
}

/** True where a place names an archive. */
export const isArchive = ({ prefix }: S3Location): boolean => /\.(tar\.gz|tgz)$/.test(prefix)

export async function checkArchive(session: S3Session, { force }: { force: boolean }): Promise<void> {
  const location = archiveLocation(session.location)
  const found = await findObject(atPrefix(session, location.prefix), location.prefix)
  if (found && !force) throw isThere(location)
}

/** Packs the draft on this machine, and sends it as one object: readers see the earlier one or this. */
export async function writeArchive(session: S3Session, draft: Draft, options: WriteOptions): Promise<Stored> {
  await checkArchive(session, options)
  const own = atPrefix(session, archiveLocation(session.location).prefix)
  const place = formatS3Location(own.location)
  const directory = await mkdtemp(join(tmpdir(), 'flambe-archive-'))
  try {
    const file = join(directory, 'artifact.tar.gz')
    const artifact = await writeArtifact(draft, file, options)
    const hashed = await hashFile(file, { signal: options.signal })
    const { name, nodes } = artifact.manifest
    await step(options.progress, { title: `upload ${place}`, total: hashed.size }, (id) =>
      sendArchive(own, {
        file: { path: own.location.prefix, ...hashed, source: { kind: 'file', path: file } },
        metadata: { name: encodeURIComponent(name), version: nodes['']?.version ?? '0.0.0' },
        force: options.force,
        onBytes: (count) => options.progress({ type: 'bytes', id, count }),
      }),
    )
    return { location: place, artifact }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

type ArchiveSending = {
  readonly file: Parameters<typeof sendFiles>[1][number]['file']
  readonly metadata: Readonly<Record<string, string>>
  readonly force: boolean
  readonly onBytes: (count: number) => void
}

async function sendArchive(session: S3Session, sending: ArchiveSending): Promise<void> {
  const { file, metadata, force, onBytes } = sending
  const { location } = session
  const key = location.prefix
  try {
    await sendFiles(session, [{ file, key, metadata, fresh: !force }], { onBytes })
  } catch (error) {
    const written = isConflict(error) && (await findObject(session, key))?.metadata['sha256'] === file.sha256
    if (isConflict(error) && !written) throw isThere(location)
    if (!written) throw error
  }
  // The key does not name its content, so an interrupted upload of it is given up.
  const left = await listUploads(atPrefix(session, ''), key)
  for (const upload of left) if (upload.key === key) await abortUpload(session, upload)
}

function isThere(location: S3Location): FlambeError {
  return new FlambeError(
    'DESTINATION_NOT_EMPTY',
    `Destination ${formatS3Location(location)} is there already. Use --force to replace it or pick another destination.`,
  )
}
