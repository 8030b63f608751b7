import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Progress } from '../progress.ts'

const maximumBytes = 10_000_000
const kept = 5

/**
 * Writes everything but byte counts into a log that is turned over at 10 MB, five old ones kept. A log that
 * cannot be written (a read-only home) is no reason to fail: then there is none.
 */
export function fileProgress(file: string, { clock = () => new Date() } = {}): Progress {
  let usable = prepare(file)
  return (event) => {
    if (!usable || event.type === 'bytes') return
    const { type, ...rest } = event
    try {
      appendFileSync(file, `${clock().toISOString()} | ${type.toUpperCase()} | ${JSON.stringify(rest)}\n`)
    } catch {
      usable = false
    }
  }
}

function prepare(file: string): boolean {
  try {
    mkdirSync(dirname(file), { recursive: true })
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > maximumBytes) turnOver(file)
    return true
  } catch {
    return false
  }
}

function turnOver(file: string): void {
  for (let age = kept - 1; age >= 1; age--) {
    if (statSync(`${file}.${age}`, { throwIfNoEntry: false }))
      renameSync(`${file}.${age}`, `${file}.${age + 1}`)
  }
  renameSync(file, `${file}.1`)
}
