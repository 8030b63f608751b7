import { randomBytes } from 'node:crypto'

/** Gives ids for requests, each of its own: random is what this process has before a count. A UUID costs ten times as much. */
export function createIds(prefix: string = randomBytes(9).toString('base64url')): () => string {
  let last = 0
  return () => `${prefix}.${(++last).toString(36)}`
}
