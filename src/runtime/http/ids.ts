/**
 * Gives ids for requests: a count, behind what tells this process from others. Anybody may guess one, and a UUID
 * costs more.
 */
export function createIds(prefix: string = randomText() + randomText()): () => string {
  let last = 0
  return () => `${prefix}.${(++last).toString(36)}`
}

/** Six characters of 36 each. */
const randomText = (): string => Math.random().toString(36).slice(2, 8).padEnd(6, '0')
