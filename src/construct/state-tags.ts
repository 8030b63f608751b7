/**
 * How the JSON of a state writes what JSON has no form for: a mapping whose key `$` names the kind. A user's
 * own key of dollars alone is written with one more.
 */
export type TagKind = 'undefined' | 'number' | 'bigint' | 'date' | 'map' | 'set' | 'tensor'

/** State that is nested deeper is refused: it would exhaust the stack where it is read. */
export const deepest = 500

export const escapeTag = (key: string): string => (/^\$+$/.test(key) ? `$${key}` : key)
export const unescapeTag = (key: string): string => (/^\$\$+$/.test(key) ? key.slice(1) : key)
