import { sealArtifact } from '../../artifact/index.ts'
import type { Storage } from '../storage.ts'
import { checkArchive, writeArchive } from './archive.ts'
import { formatS3Location, parseS3Location } from './location.ts'
import { openS3Artifact } from './open.ts'
import type { S3Options } from './options.ts'
import { openS3Session, type S3Session } from './session.ts'
import { watchSources } from './steady.ts'
import { checkEmpty, writeArtifactToS3 } from './write.ts'

/** A prefix of a bucket, or with `compress` one object. */
export function s3Storage(
  destination: string,
  options: S3Options = {},
  { random }: Pick<S3Session, 'random'> = {},
): Storage {
  const location = parseS3Location(destination)
  const url = formatS3Location(location)
  return {
    url,
    check: async ({ force, compress }) => {
      const session = await openS3Session(location, { options, random })
      await (compress ? checkArchive(session, { force }) : checkEmpty(session, { force }))
    },
    write: async (draft, writing) => {
      const { compress, force, progress, hashCache, signal } = writing
      const session = await openS3Session(location, { options, signal, random })
      if (compress) return writeArchive(session, draft, writing)
      const changed = await watchSources(draft.files)
      const artifact = await sealArtifact(draft, { hashCache, signal })
      await writeArtifactToS3(session, artifact, { force, progress, changed })
      await hashCache.save()
      return { location: url, artifact }
    },
    open: (opening) => openS3Artifact(url, { ...opening, s3: options }),
  }
}
