import { FlambeError } from '../errors.ts'

/** Sections of a secrets file: `secrets.AWS.KEY`. What stands before the first section is in `DEFAULT`. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>

/**
 * Parses an INI file as Python's configparser reads it: `[section]`, `key = value` or `key: value`, comments
 * with `#` or `;` on lines of their own. A section has the values of `[DEFAULT]` too.
 * @throws FlambeError `SECRETS_INVALID` with the line's number, never its text: it may be a secret.
 */
export function parseSecrets(text: string, { file }: { file: string }): Secrets {
  const sections = new Map<string, Map<string, string>>([['DEFAULT', new Map()]])
  let current: Map<string, string> | undefined
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const header = /^\[([^\]]+)\]$/.exec(line)?.[1]
    if (header !== undefined) {
      current = sections.get(header) ?? new Map()
      sections.set(header, current)
      continue
    }
    const pair = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line)
    if (!current) throw malformed(file, index, 'it stands before the first [section]')
    if (!pair) throw malformed(file, index, 'it is neither [section] nor key = value')
    current.set(pair[1] ?? '', pair[2] ?? '')
  }
  const defaults = Object.fromEntries(sections.get('DEFAULT') ?? [])
  return Object.fromEntries(
    [...sections].map(([name, pairs]) => [name, { ...defaults, ...Object.fromEntries(pairs) }]),
  )
}

function malformed(file: string, index: number, why: string): FlambeError {
  return new FlambeError('SECRETS_INVALID', `${file}:${index + 1} cannot be read: ${why}`, {
    hint: 'a secrets file looks like:\n    [AWS]\n    KEY = value',
  })
}
