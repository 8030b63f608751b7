/**
 * Gives ids for requests: a count, behind what tells this process from others. Nobody need be unable to guess one, and a UUID
 * costs ten times as much.
 */
export function createIds(prefix: string = randomText() + randomText()): () => string {
  let last = 0
  return () => `${prefix}.${(++last).toString(36)}`
}

/** Six characters of 36 each. */
const randomText = (): string => Math.random().toString(36).slice(2, 8).padEnd(6, '0')
