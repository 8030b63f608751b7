import { FlambeError } from '../../errors.ts'

/** Where an image goes beside registries. */
export type Output =
  | { readonly kind: 'engine' }
  | { readonly kind: 'layout'; readonly path: string }
  | { readonly kind: 'archive'; readonly path: string }

/** `docker`, `FILE.tar` (or `docker-archive:`, `oci-archive:`), or a folder (or `oci:`). */
export function parseOutput(text: string, absolute: (path: string) => string): Output {
  if (text === 'docker' || text === 'docker-daemon') return { kind: 'engine' }
  const [, scheme, path = ''] = /^(?:(oci|oci-archive|docker-archive):)?(.*)$/s.exec(text) ?? []
  if (path === '') {
    throw new FlambeError('USAGE', `the output "${text}" names no file or folder`, {
      hint: 'write a folder for an OCI layout, FILE.tar, or docker for the engine',
    })
  }
  const isArchive = scheme === undefined ? /\.tar$/i.test(path) : scheme !== 'oci'
  return { kind: isArchive ? 'archive' : 'layout', path: absolute(path) }
}
