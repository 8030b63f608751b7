import { randomUUID } from 'node:crypto'
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FlambeError } from '../errors.ts'
import { checkAccess, findEngine } from '../image/index.ts'
import { openStorage } from '../storage/index.ts'
import type { ImageOptions } from './images/index.ts'

/** One thing that was looked at. The keys are those of `--json`. */
export type Finding = {
  readonly name: string
  /** `warning`: something that not everybody needs. */
  readonly state: 'ok' | 'warning' | 'failed'
  readonly says: string
  /** What to do. */
  readonly hint?: string
}

export type DoctorOptions = ImageOptions & {
  /** As `process.version`. */
  readonly node: string
}

const leastNode = [22, 15] as const
const scarce = 2_000_000_000

/** Looks at what flambe needs of this machine, and at places that are named: `s3://bucket`, a repository of a registry. */
export async function examine(places: readonly string[], options: DoctorOptions): Promise<Finding[]> {
  const { cacheDirectory, environment: env, home, signal } = options
  return Promise.all([
    nodeFinding(options.node),
    cacheFinding(cacheDirectory),
    diskFinding(cacheDirectory),
    engineFinding({ env, home, signal }),
    ...places.map((place) => placeFinding(place, options)),
  ])
}

function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  const isRecent = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])
  if (isRecent) return { name: 'node', state: 'ok', says: version }
  return {
    name: 'node',
    state: 'failed',
    says: `${version} is too old`,
    hint: `install Node ${leastNode.join('.')} or later (https://nodejs.org)`,
  }
}

async function cacheFinding(directory: string): Promise<Finding> {
  const probe = join(directory, `probe-${randomUUID()}`)
  try {
    await mkdir(directory, { recursive: true })
    await writeFile(probe, '')
    await rm(probe)
    return { name: 'cache', state: 'ok', says: `${directory} can be written` }
  } catch (error) {
    return {
      name: 'cache',
      state: 'failed',
      says: `${directory} cannot be written: ${error instanceof Error ? error.message : error}`,
      hint: 'set FLAMBE_CACHE_DIR to a folder that you may write',
    }
  }
}

async function diskFinding(directory: string): Promise<Finding> {
  const stats = await statfs(directory).catch(() => undefined)
  if (!stats) return { name: 'disk', state: 'warning', says: `nothing is known of the disk of ${directory}` }
  const free = stats.bavail * stats.bsize
  const says = `${(free / 1e9).toFixed(1)} GB free for the cache`
  if (free >= scarce) return { name: 'disk', state: 'ok', says }
  return { name: 'disk', state: 'warning', says, hint: 'flambe cache prune, or set FLAMBE_CACHE_DIR' }
}

async function engineFinding(options: Parameters<typeof findEngine>[0]): Promise<Finding> {
  try {
    const { engine, failure } = await findEngine(options)
    if (engine) {
      const says = `${engine.kind} ${engine.version} at ${engine.address}`
      return { name: 'engine', state: 'ok', says }
    }
    // Only images that an engine is to build or run need one.
    return { ...failed('engine', failure), state: 'warning' }
  } catch (error) {
    return failed('engine', error)
  }
}

async function placeFinding(place: string, options: DoctorOptions): Promise<Finding> {
  try {
    if (place.startsWith('s3://')) {
      const storage = await openStorage('s3', place, { directory: '/' })
      await storage.check({ force: true, compress: false })
      return { name: place, state: 'ok', says: 'can be listed with these credentials' }
    }
    const { registry, environment: env, home, signal } = options
    const repository = await checkAccess(place, { ...registry, env, home, signal })
    return { name: place, state: 'ok', says: `${repository} can be pushed to` }
  } catch (error) {
    options.signal.throwIfAborted()
    return failed(place, error)
  }
}

function failed(name: string, error: unknown): Finding {
  if (!(error instanceof FlambeError)) throw error
  const { message, hint } = error
  return { name, state: 'failed', says: message, ...(hint && { hint }) }
}
