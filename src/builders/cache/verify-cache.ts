import { lstat, readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { openArtifact, verifyArtifact } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { hashFile, inParallel, readRecord } from '../../files/index.ts'
import { type CacheKind, cacheEntries, isFinished, presentKinds } from './cache-kinds.ts'
import { takeAway } from './take-away.ts'

/** What a look at everything found. */
export type Verified = {
  readonly checked: number
  /** Paths that were not what they must be; they are gone now. */
  readonly removed: readonly string[]
}

type Options = { readonly signal?: AbortSignal | undefined }

/**
 * Checks all that can be checked by reading it, and removes what is damaged: the next run makes or fetches it again. What others are making, take away
 * or put there meanwhile is left to them.
 */
export async function verifyCache(directory: string, { signal }: Options = {}): Promise<Verified> {
  const removed: string[] = []
  let checked = 0
  for (const kind of await presentKinds(directory)) {
    const check = checks[kind.check ?? 'none']
    if (!check) continue
    await inParallel(await cacheEntries(directory, kind), 4, async (path) => {
      signal?.throwIfAborted()
      const looked = await lstat(path).catch(() => undefined)
      if (!looked || !(await isFinished(kind, path))) return
      checked++
      const isGood = await check(path, { signal }).catch(async (error: unknown) => {
        if (await lstat(path).catch(() => undefined)) throw error
        return true
      })
      if (!isGood && (await takeAway(path, looked))) removed.push(path)
    })
  }
  return { checked, removed: removed.sort() }
}

type Check = (path: string, options: Options) => Promise<boolean>

const checks: { readonly [kind in NonNullable<CacheKind['check']> | 'none']?: Check } = {
  blob: async (path, options) => (await hashFile(path, options)).sha256 === basename(path),
  artifact: async (path, options) => {
    try {
      const artifact = await openArtifact(path)
      const there = await present(artifact.files.values())
      await verifyArtifact({ ...artifact, files: new Map(there.map((file) => [file.path, file])) }, options)
      return true
    } catch (error) {
      // Whoever is interrupted has not found damage.
      options.signal?.throwIfAborted()
      if (error instanceof FlambeError) return false
      throw error
    }
  },
  json: async (path) => {
    try {
      JSON.parse(await readFile(path, 'utf8'))
      return true
    } catch {
      return false
    }
  },
  record: async (path) => (await readRecord(path)) !== undefined,
}

/** Of an artifact from S3 only those files are here that were asked for. */
async function present<T extends { readonly source: { readonly kind: string; readonly path?: string } }>(
  files: Iterable<T>,
): Promise<T[]> {
  const found: T[] = []
  for (const file of files) {
    const { path } = file.source
    if (path !== undefined && (await stat(path).catch(() => undefined))) found.push(file)
  }
  return found
}
