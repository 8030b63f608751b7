import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseReference } from '../../image/index.ts'

/** What a command's argument names. */
export type Target = 'spec' | 'artifact' | 'image-file' | 'image'

/**
 * Tells what is meant by what is there: a file or folder of that name is looked at first, then its form. What could be both is an artifact if it looks
 * like a path, and an image if it looks like a reference.
 */
export function targetOf(location: string): Target {
  if (/\.ya?ml$/i.test(location)) return 'spec'
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(location) || /\.(tar\.gz|tgz)$/i.test(location)) return 'artifact'
  if (existsSync(location)) return isImageFile(location) ? 'image-file' : 'artifact'
  return looksLikePath(location) || !isReference(location) ? 'artifact' : 'image'
}

const isImageFile = (path: string) =>
  statSync(path).isFile() ? path.endsWith('.tar') : existsSync(join(path, 'oci-layout'))

const looksLikePath = (text: string) => /^(\.{0,2}\/|~|\.{1,2}$)/.test(text)

function isReference(text: string): boolean {
  try {
    return parseReference(text).repository !== ''
  } catch {
    return false
  }
}
