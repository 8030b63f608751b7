/** How a registry wants to be logged in to: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 */
export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer'
      readonly realm: string
      readonly service: string | undefined
      readonly scope: string
    }

/** The first challenge of a 401 that we can answer, Bearer before Basic. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const all = challenges(header ?? '')
  const bearer = all.find(
    ({ scheme, params }) => scheme === 'bearer' && URL.canParse(params.get('realm') ?? ''),
  )
  if (bearer) {
    const { params } = bearer
    return {
      scheme: 'bearer',
      realm: params.get('realm') ?? '',
      service: params.get('service'),
      scope: params.get('scope') ?? '',
    }
  }
  return all.some(({ scheme }) => scheme === 'basic') ? { scheme: 'basic' } : undefined
}

type Parsed = { readonly scheme: string; readonly params: Map<string, string> }

/** Several challenges may come in one header, or in several that Node joins by a comma; values may hold commas in quotes. */
function challenges(header: string): Parsed[] {
  const found: { scheme: string; params: Map<string, string> }[] = []
  const token = /([a-zA-Z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))|([a-zA-Z0-9_-]+)/g
  for (const [, name, quoted, plain, scheme] of header.matchAll(token)) {
    if (scheme) found.push({ scheme: scheme.toLowerCase(), params: new Map() })
    else if (name)
      found.at(-1)?.params.set(name.toLowerCase(), (quoted ?? plain ?? '').replace(/\\(.)/g, '$1'))
  }
  return found
}

/** A challenge as the cache keeps it. */
export function parseStoredChallenge(value: unknown): Challenge | undefined {
  if (typeof value !== 'object' || value === null || !('scheme' in value)) return undefined
  if (value.scheme === 'basic') return { scheme: 'basic' }
  const { realm, service, scope } = value as { [key: string]: unknown }
  if (value.scheme !== 'bearer' || typeof realm !== 'string' || !URL.canParse(realm)) return undefined
  return {
    scheme: 'bearer',
    realm,
    service: typeof service === 'string' ? service : undefined,
    scope: typeof scope === 'string' ? scope : '',
  }
}
