import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FlambeError } from '../errors.ts'
import { codeOf, fileFailure, settledDirectory } from '../files/index.ts'
import { manifestName } from './manifest.ts'

/**
 * Fails where an artifact cannot be written to `destination`: before anything is built. A folder that holds
 * something is refused without `force`; with `force` only an earlier artifact is replaced, never other files.
 */
export async function checkDestination(
  destination: string,
  { force, compress = false }: { readonly force: boolean; readonly compress?: boolean },
): Promise<void> {
  if (compress) return checkArchive(archivePath(destination), force)
  const entries: string[] = await readdir(await settledDirectory(destination)).catch((error) => {
    if (codeOf(error) === 'ENOENT') return []
    if (codeOf(error) === 'ENOTDIR') throw isFile(destination)
    throw fileFailure(error, `looking into ${destination}`)
  })
  if (entries.length === 0) return
  if (!force) {
    throw new FlambeError(
      'DESTINATION_NOT_EMPTY',
      `Destination ${destination} folder is not empty. Use --force to force the usage of this folder or pick another destination.`,
    )
  }
  if (entries.includes(manifestName)) return
  throw new FlambeError(
    'DESTINATION_INVALID',
    `Destination ${destination} holds files and no artifact (there is no ${manifestName}): --force replaces artifacts only.`,
    { hint: 'empty the folder yourself, or pick another destination' },
  )
}

/** The file that a compressed artifact goes to. */
export function archivePath(destination: string): string {
  const path = destination.replace(/[/\\]+$/, '')
  return /\.(tar\.gz|tgz)$/.test(path) ? path : `${path}.tar.gz`
}

async function checkArchive(path: string, force: boolean): Promise<void> {
  const stats = await stat(path).catch(() => undefined)
  if (!stats || (stats.isFile() && force)) return
  if (stats.isFile()) {
    throw new FlambeError(
      'DESTINATION_NOT_EMPTY',
      `Destination ${path} is there already. Use --force to replace it or pick another destination.`,
    )
  }
  throw new FlambeError(
    'DESTINATION_INVALID',
    `Destination ${path} is a folder, and compress writes one file`,
  )
}

function isFile(destination: string): FlambeError {
  return new FlambeError(
    'DESTINATION_INVALID',
    `Destination ${destination} is a file, and an artifact is a folder`,
    {
      hint: `remove the file, pick another destination, or set compress for one .tar.gz (${join(destination)}.tar.gz)`,
    },
  )
}
