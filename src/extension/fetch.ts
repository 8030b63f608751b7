import { FlambeError } from '../errors.ts'
import type { Source } from './extension.ts'
import type { LocateOptions } from './locate.ts'

/** True for a location that is a package or a repository, and not a path of this machine. */
export function isFetched(location: string): boolean {
  return !/^(\.{1,2}(\/|$)|\/|~)/.test(location) && !/\.[cm]?[jt]sx?$/.test(location)
}

export async function fetchExtension(
  { namespace, location }: { readonly namespace: string; readonly location: string },
  _options: LocateOptions,
): Promise<Source> {
  throw new FlambeError(
    'EXTENSION_NOT_INSTALLED',
    `the extension "${namespace}" (${location}) is not on this machine`,
  )
}
