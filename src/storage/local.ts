import { resolve } from 'node:path'
import { checkDestination, openArtifact, writeArtifact } from '../artifact/index.ts'
import type { Storage } from './storage.ts'

/** A folder of this machine (or one `.tar.gz`), relative to `directory`. */
export function localStorage(destination: string, { directory }: { directory: string }): Storage {
  const url = resolve(directory, destination)
  return {
    url,
    check: (options) => checkDestination(url, options),
    write: async (draft, options) => {
      const artifact = await writeArtifact(draft, url, options)
      return { location: options.compress ? `${url}.tar.gz` : url, artifact }
    },
    open: (options) => openArtifact(url, options),
  }
}
