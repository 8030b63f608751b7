import { FlambeError } from '../../errors.ts'
import { RegistryError } from './failure.ts'
import { isDigest } from './manifest-json.ts'
import { headManifest } from './manifests.ts'
import { inParallelOrNot } from './parallel.ts'
import { fullName, type Push } from './push-setup.ts'
import { listsTag } from './tags.ts'

/** What the names point to now; undefined for one that does not exist. */
export async function standingNames(push: Push): Promise<Map<string, string | undefined>> {
  const standing = new Map<string, string | undefined>()
  await inParallelOrNot(push.names, { limit: push.connections, signal: push.signal }, async (name) => {
    standing.set(name, await standingName(push, name))
  })
  return standing
}

/** Refuses to move a name that points elsewhere, if that was asked for. */
export function protectNames(push: Push, standing: ReadonlyMap<string, string | undefined>): void {
  if (!push.noClobber) return
  for (const [name, digest] of standing) {
    if (digest === undefined || digest === push.content.manifest.digest) continue
    throw new FlambeError('DESTINATION_NOT_EMPTY', `${fullName(push, name)} exists, and is ${digest}`, {
      hint: 'choose another tag, or push without --no-clobber to move this one',
    })
  }
}

/** A 403 means "not there" to some registries (Artifactory), and to others that one may push and not pull: `noClobber` has to know which. */
async function standingName(push: Push, name: string): Promise<string | undefined> {
  if (!push.noClobber || isDigest(name)) return await headManifest(push, name, { lenient: true })
  try {
    return await headManifest(push, name)
  } catch (error) {
    if (!(error instanceof RegistryError) || error.status !== 403) throw error
    if ((await listsTag(push, name)) === false) return undefined
    throw new RegistryError(
      'DENIED',
      `--no-clobber cannot tell whether ${fullName(push, name)} exists: ${push.registry.name} answers 403 to the question`,
      {
        status: 403,
        cause: error,
        hint: 'use a login that may pull as well as push, or push without --no-clobber',
      },
    )
  }
}
