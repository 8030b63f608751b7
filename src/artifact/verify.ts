import { stat } from 'node:fs/promises'
import { FlambeError } from '../errors.ts'
import { HashCache, inParallel } from '../files/index.ts'
import type { Artifact, ArtifactFile } from './artifact.ts'

/**
 * Checks that every file is there with the size and the digest that the manifest says; without `digests`, with the size
 * alone.
 * @throws FlambeError `ARTIFACT_DAMAGED` naming each file that is missing, cut off or altered.
 */
export async function verifyArtifact(
  { files }: Artifact,
  {
    hashCache = HashCache.none(),
    digests = true,
    signal,
  }: {
    readonly hashCache?: HashCache
    readonly digests?: boolean
    readonly signal?: AbortSignal | undefined
  } = {},
): Promise<void> {
  const damages: string[] = []
  await inParallel(files.values(), 8, async (file) => {
    signal?.throwIfAborted()
    const damage = await damageOf(file, digests ? hashCache : undefined)
    if (damage) damages.push(damage)
  })
  if (damages.length > 0) throw damaged(damages)
}

export function damaged(damages: readonly string[]): FlambeError {
  const shown = damages.toSorted().slice(0, 10)
  const more = damages.length > shown.length ? ` and ${damages.length - shown.length} more` : ''
  return new FlambeError('ARTIFACT_DAMAGED', `the artifact is damaged: ${shown.join('; ')}${more}`, {
    hint: 'fetch or build it again; what changed it may have changed it for a reason, so see who did',
  })
}

async function damageOf(
  { path, size, sha256, source }: ArtifactFile,
  hashCache: HashCache | undefined,
): Promise<string | undefined> {
  if (source.kind === 'bytes') return undefined
  const stats = await stat(source.path).catch(() => undefined)
  if (!stats?.isFile()) return `${path} is missing`
  if (stats.size < size) return `${path} is cut off (${stats.size} of ${size} bytes)`
  if (stats.size > size) return `${path} is altered (${stats.size} bytes, and not ${size})`
  if (!hashCache) return undefined
  const hashed = await hashCache.hash(source.path)
  return hashed.sha256 === sha256 ? undefined : `${path} is altered`
}
