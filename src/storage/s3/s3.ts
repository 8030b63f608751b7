import { sealArtifact } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import type { Storage } from '../storage.ts'
import { openS3Session } from './client.ts'
import { formatS3Location, parseS3Location } from './location.ts'
import type { S3Options } from './options.ts'
import { checkEmpty, writeArtifactToS3 } from './write.ts'

/** A prefix of a bucket. */
export function s3Storage(destination: string, options: S3Options = {}): Storage {
  const location = parseS3Location(destination)
  const url = formatS3Location(location)
  const session = (signal?: AbortSignal) => openS3Session(location, { options, ...(signal && { signal }) })
  return {
    url,
    check: async ({ force }) => checkEmpty(await session(), { force }),
    write: async (draft, { force, hashCache, progress, signal }) => {
      const artifact = await sealArtifact(draft, { hashCache, signal })
      await writeArtifactToS3(await session(signal), artifact, { force, progress })
      return { location: url, artifact }
    },
    open: async () => {
      throw new FlambeError('UNAVAILABLE', 'not yet')
    },
  }
}
