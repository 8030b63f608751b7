import { FlambeError } from '../errors.ts'

/** `model[leaf].size`, taken apart: an argument of the top object, keys through the config, attributes of the object. */
export type Link = {
  readonly root: string
  readonly keys: readonly string[]
  readonly attributes: readonly string[]
}

/**
 * Parses the text of a link (`!@`).
 * @throws FlambeError `LINK_INVALID`, with a message of its own for each way to get it wrong.
 */
export function parseLink(text: string): Link {
  const root = /^[^[\].]*/.exec(text)?.[0] ?? ''
  if (root.trim() === '') throw malformed(text, 'it names no top-level argument')
  if (root !== root.trim()) throw malformed(text, 'there are blanks around its first name')
  const keys: string[] = []
  let rest = text.slice(root.length)
  while (rest.startsWith('[')) {
    const end = rest.indexOf(']')
    const key = rest.slice(1, end === -1 ? undefined : end)
    if (end === -1) throw malformed(text, 'a bracket is opened and not closed')
    if (key.includes('[')) throw malformed(text, 'a bracket is opened before the one before it is closed')
    if (key.trim() === '') throw malformed(text, 'there is nothing between its brackets')
    keys.push(key)
    rest = rest.slice(end + 1)
  }
  if (rest === '') return { root, keys, attributes: [] }
  if (rest.startsWith(']')) throw malformed(text, 'a bracket is closed that was not opened')
  if (!rest.startsWith('.')) throw malformed(text, `"${rest}" follows a bracket without a dot`)
  return { root, keys, attributes: parseAttributes(rest.slice(1), text) }
}

function parseAttributes(rest: string, text: string): string[] {
  if (rest.includes(']') && !rest.includes('['))
    throw malformed(text, 'a bracket is closed that was not opened')
  if (/[[\]]/.test(rest)) throw malformed(text, 'a key in brackets follows an attribute; keys come first')
  const attributes = rest.split('.')
  if (attributes.at(-1) === '') throw malformed(text, 'it ends with a dot')
  if (attributes.some((name) => name.trim() === ''))
    throw malformed(text, 'an attribute between two dots has no name')
  return attributes
}

function malformed(text: string, why: string): FlambeError {
  return new FlambeError('LINK_INVALID', `the link "${text}" is malformed: ${why}`, {
    hint: 'a link has the form argument[key][key].attribute.attribute',
  })
}
