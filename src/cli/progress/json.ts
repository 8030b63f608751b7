import type { Progress } from '../../progress.ts'

/** Progress for programs: each event as one line of JSON. */
export function jsonProgress(write: (text: string) => void): Progress {
  return (event) => write(`${JSON.stringify(event)}\n`)
}
