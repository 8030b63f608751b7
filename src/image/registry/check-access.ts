import { connect } from './connect.ts'
import type { RegistryOptions } from './options.ts'
import { formatReference, parseReference } from './reference.ts'
import { push } from './scope.ts'

/**
 * Makes sure that the login that is stored for a repository may push to it: an upload is begun there and given up.
 * Gives the repository's full name.
 * @throws FlambeError `UNAVAILABLE` or `DENIED` with what to do; `REFERENCE_INVALID`.
 */
export async function checkAccess(text: string, options: RegistryOptions = {}): Promise<string> {
  const { registry: host, repository } = parseReference(text)
  const registry = await connect({ registry: host, repository }, options)
  try {
    registry.want([push(repository)])
    const step = 'asking whether it may be pushed to'
    const begin = { repository, step, method: 'POST', target: 'blobs/uploads/', expect: [202] } as const
    const begun = await registry.ask(begin)
    const { location } = begun.headers
    if (location) {
      const target = new URL(location, begun.url)
      // A registry that does not let an upload be given up ends it by itself.
      await registry
        .ask({ repository, step, method: 'DELETE', target, expect: [200, 202, 204, 404, 405] })
        .catch(() => {})
    }
    return formatReference({ registry: host, repository })
  } finally {
    registry.close()
  }
}
