import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { closest } from '../../suggest.ts'

/** The bases that are no references, by what their names begin with. */
export const baseKinds = ['oci', 'docker-archive', 'docker-daemon', 'dockerfile'] as const

/** Whether it is written as a path, which no base is without its kind. */
export function isPathAlone(location: string): boolean {
  return /^(\.{0,2}\/|~\/|\.{1,2}$)/.test(location)
}

/** What was probably meant by a base that is none: `did you mean host?`. Undefined where nothing is near. */
export function meantBase(location: string, directory: string): string | undefined {
  const meant = asPath(location, directory) ?? asKind(location)
  return meant === undefined ? undefined : `did you mean ${meant}?`
}

/** By what lies at the path. */
function asPath(location: string, directory: string): string | undefined {
  const path = resolve(directory, location)
  if (!existsSync(path)) return isPathAlone(location) ? `oci:${location}` : undefined
  if (existsSync(join(path, 'Dockerfile')) || /dockerfile[^/]*$/i.test(path)) return `dockerfile:${location}`
  if (/\.tar$/.test(path)) return `docker-archive:${location}`
  return existsSync(join(path, 'index.json')) || isPathAlone(location) ? `oci:${location}` : undefined
}

/** `hots`, `oic:./base`. */
function asKind(location: string): string | undefined {
  const [, name = '', rest = ''] = /^([a-z-]+)(:.*)?$/i.exec(location) ?? []
  const [near] = closest(name, rest === '' ? ['host'] : baseKinds)
  return near && near !== name ? `${near}${rest}` : undefined
}
