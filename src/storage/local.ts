import { archivePath, checkDestination, openArtifact, writeArtifact } from '../artifact/index.ts'
import { FlambeError } from '../errors.ts'
import { resolvePath } from '../files/index.ts'
import type { Storage } from './storage.ts'

/**
 * A folder of this machine (or one `.tar.gz`), relative to `directory`.
 * @throws FlambeError `DESTINATION_INVALID` for a URL.
 */
export function localStorage(destination: string, { directory }: { directory: string }): Storage {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(destination)) throw isUrl(destination)
  const url = resolvePath(directory, destination)
  return {
    url,
    check: (options) => checkDestination(url, options),
    write: async (draft, options) => {
      const artifact = await writeArtifact(draft, url, options)
      return { location: options.compress ? archivePath(url) : url, artifact }
    },
    open: (options) => openArtifact(url, options),
  }
}

function isUrl(destination: string): FlambeError {
  const hint = destination.startsWith('s3:')
    ? 'add "storage: s3"'
    : 'write a path, or s3://bucket/path with "storage: s3"'
  return new FlambeError(
    'DESTINATION_INVALID',
    `the destination ${destination} is a URL, and storage "local" takes a folder`,
    { hint },
  )
}
