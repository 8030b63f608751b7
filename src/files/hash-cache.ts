import { randomBytes } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { readFile, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type HashedFile, hashFile } from './hash.ts'
import { type Stamp, stampNow, stampOf, statNow } from './stat-now.ts'
import { writeCached } from './write-whole.ts'

/** A file's signature to its sha256; kept as a list of both in turn, which is read in half the time of a mapping. */
type Entries = Map<string, string>

const mostEntries = 50_000
/** Wall clocks and file clocks may differ, and some file systems keep time in steps of two seconds. */
const safeAge = 2_000_000_000n
/** From here on it is worth asking the disk for its time, which costs what hashing 256 KiB does. */
const probedBytes = 2n ** 24n

/**
 * Knows the sha256 of files that have not changed since it was told, by their stat signature (device, inode,
 * size, mtime, ctime), and so spares reading them. It may be deleted at any time and never changes a result: a
 * file that was touched so lately that a later write could leave the same signature is not remembered.
 */
export class HashCache {
  readonly #directory: string | undefined
  readonly #file: string | undefined
  readonly #entries: Entries
  #changed = false

  private constructor(directory: string | undefined, entries: Entries) {
    this.#directory = directory
    this.#file = directory && fileIn(directory)
    this.#entries = entries
  }

  /** Opens the cache in this folder; a damaged or missing one is empty. */
  static async open(directory: string): Promise<HashCache> {
    return new HashCache(directory, await readEntries(fileIn(directory)))
  }

  /** A cache that is kept nowhere. */
  static none(): HashCache {
    return new HashCache(undefined, new Map())
  }

  /** The digest of the file if it is known and the file is as it was, without reading it; as it was at `stamp`, where one is given. */
  known(
    path: string,
    { stamp = stampNow(path) }: { stamp?: Stamp | undefined } = {},
  ): HashedFile | undefined {
    const sha256 = stamp && this.#entries.get(stamp.signature)
    return stamp && sha256 !== undefined ? { sha256, size: stamp.size } : undefined
  }

  /** The digest of the file: known, or by reading it. */
  async hash(path: string, options: Parameters<typeof hashFile>[1] = {}): Promise<HashedFile> {
    const known = this.known(path)
    if (known) return known
    const before = statNow(path)
    const isSettled = before !== undefined && (await this.isSettled(before))
    const hashed = await hashFile(path, options)
    if (before) await this.remember(path, hashed.sha256, { signature: before, isSettled })
    return hashed
  }

  /**
   * Whether every write to the file from now on would show in its stat: what is read of it as long as that stays is what it holds. A large file on the cache's
   * own disk need not be old for that, only older than the disk's clock.
   */
  async isSettled(stats: BigIntStats): Promise<boolean> {
    if (nowInNanoseconds() - lastChange(stats) >= safeAge) return true
    if (stats.size < probedBytes || this.#directory === undefined) return false
    const isSameDisk = statNow(this.#directory)?.dev === stats.dev
    return isSameDisk && (await clockIsPast(lastChange(stats), this.#directory))
  }

  /**
   * Remembers a digest. With `probe`, a folder on the file's own disk that may be written, even a file that was
   * only just written is remembered: once the disk's clock is past the file's times.
   */
  async remember(
    path: string,
    sha256: string,
    { signature, isSettled = false, probe, now = nowInNanoseconds }: RememberOptions = {},
  ): Promise<void> {
    const stats = statNow(path)
    if (!stats || (signature && !sameStats(signature, stats))) return
    const changed = lastChange(stats)
    const isOld = isSettled || now() - changed >= safeAge
    if (!isOld && !(probe && (await clockIsPast(changed, probe)))) return
    this.#entries.set(stampOf(stats).signature, sha256)
    this.#changed = true
  }

  /** Writes what was learnt, beside what other processes have written since. Failing to is no failure. */
  async save(): Promise<void> {
    if (!this.#file || !this.#changed) return
    const merged = new Map([...(await readEntries(this.#file)), ...this.#entries])
    await writeCached(this.#file, JSON.stringify([...merged].slice(-mostEntries).flat()))
    this.#changed = false
  }
}

export type RememberOptions = {
  /** The file's stat before it was read: another one now means that it changed meanwhile. */
  readonly signature?: BigIntStats
  /** Whether it was settled then. */
  readonly isSettled?: boolean
  readonly probe?: string
  /** Nanoseconds since the epoch. */
  readonly now?: () => bigint
}

const fileIn = (directory: string) => join(directory, 'hashes.json')

const nowInNanoseconds = () => BigInt(Date.now()) * 1_000_000n

const lastChange = ({ ctimeNs, mtimeNs }: BigIntStats) => (ctimeNs > mtimeNs ? ctimeNs : mtimeNs)

const sameStats = (a: BigIntStats, b: BigIntStats) =>
  a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs

/** Waits, shortly, until a file written now would get a later time than `changed`. */
async function clockIsPast(changed: bigint, directory: string): Promise<boolean> {
  const file = join(directory, `.flambe-clock-${randomBytes(6).toString('hex')}`)
  try {
    for (let trial = 0; trial < 20; trial++) {
      await writeFile(file, '')
      if ((await stat(file, { bigint: true })).mtimeNs > changed) return true
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    return false
  } catch {
    return false
  } finally {
    await unlink(file).catch(() => {})
  }
}

async function readEntries(file: string): Promise<Entries> {
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'))
    const entries: Entries = new Map()
    if (!Array.isArray(parsed)) return entries
    for (let at = 0; at < parsed.length; at += 2) {
      const [signature, sha256]: unknown[] = [parsed[at], parsed[at + 1]]
      if (typeof signature === 'string' && typeof sha256 === 'string') entries.set(signature, sha256)
    }
    return entries
  } catch {
    return new Map()
  }
}
