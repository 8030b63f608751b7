import { isAbsolute } from 'node:path'
import { resolvePath } from '../files/index.ts'
import { findEntry } from './entry.ts'
import type { Source } from './extension.ts'
import { fetchExtension, isFetched } from './fetch.ts'

/** One row of a spec's header. */
export type Declaration = { readonly name: string; readonly location: string }

export type LocateOptions = {
  readonly directory: string
  readonly cacheDirectory: string
  readonly install?: boolean
  readonly signal?: AbortSignal
}

/** Where the extension's source is on this machine; a package or a repository is fetched first, if that is allowed. */
export async function locate({ name, location }: Declaration, options: LocateOptions): Promise<Source> {
  if (isFetched(location)) return fetchExtension({ namespace: name, location }, options)
  const path = resolvePath(options.directory, location)
  const recorded =
    isAbsolute(location) || location.startsWith('~')
      ? (location.replace(/\/+$/, '').split('/').at(-1) ?? name)
      : location
  return { namespace: name, location: recorded, ...(await findEntry(path, { namespace: name })) }
}
