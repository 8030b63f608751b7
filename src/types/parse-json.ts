import type { Json } from '../construct/index.ts'

/** The JSON value that a text is, or `undefined`. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
