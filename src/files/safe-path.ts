import { isAbsolute, join, relative, sep } from 'node:path'
import { FlambeError } from '../errors.ts'

/**
 * The place of `path`, relative with `/`, below `directory`.
 * @throws FlambeError `ARTIFACT_UNSAFE` where it would be elsewhere, on this or on another system.
 */
export function safeJoin(directory: string, path: string): string {
  const parts = path.split('/')
  const unsafe =
    path === '' ||
    isAbsolute(path) ||
    /^[A-Za-z]:/.test(path) ||
    /[\\\0]/.test(path) ||
    parts.some((part) => part === '' || part === '.' || part === '..')
  const target = join(directory, ...parts)
  if (!unsafe && isInside(directory, target)) return target
  throw new FlambeError('ARTIFACT_UNSAFE', `the path ${JSON.stringify(path)} leaves the artifact`, {
    hint: 'do not use this artifact unless you know who made it and why',
  })
}

/** True where `target` is `directory` or below it: by whole names, so that `a-b` is not inside `a`. */
export function isInside(directory: string, target: string): boolean {
  const way = relative(directory, target)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}
