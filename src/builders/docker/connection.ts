import { parseReference, type RegistryOptions } from '../../image/index.ts'
import type { DockerOptions } from './settings.ts'

/** How to reach the registry of `place`: a login is shown to that of the first name alone. */
export function connectionTo(
  place: string,
  { registry = {}, references }: Pick<DockerOptions, 'registry'> & { readonly references: readonly string[] },
): Pick<RegistryOptions, 'login' | 'insecure' | 'caFile'> {
  const { login, ...others } = registry
  const [first = ''] = references
  return login && registryOf(place) === registryOf(first) ? registry : others
}

/** Undefined for what is no reference, such as the base `host`. */
export function registryOf(place: string): string | undefined {
  try {
    return parseReference(place).registry
  } catch {
    return undefined
  }
}
