import { expect } from 'vitest'
import { docTable } from './doc-tables.ts'

/** What docs/json.md says of a place in a JSON value. */
type Place = {
  type?: string
  isOptional: boolean
  readonly keys: Map<string, Place>
  item?: Place
}

/** A value has the keys that a table of docs/json.md lists, all of them and no others, with values of their types. */
export function expectDocumented(value: unknown, table: string): void {
  expect(misfits(value, placesOf(table), ''), table).toEqual([])
}

function placesOf(table: string): Place {
  const root: Place = { isOptional: false, keys: new Map() }
  const rows = docTable('json.md', table)
  if (rows.length === 0) throw new Error(`docs/json.md has no table ${table}`)
  for (const [key = '', kind = ''] of rows) {
    const [type = '', optional] = kind.split(', ')
    let place = root
    const path = [root]
    for (const [name] of key.replaceAll('`', '').matchAll(/\[\]|[^.[\]]+/g)) {
      place = name === '[]' ? itemOf(place) : keyOf(place, name)
      path.push(place)
    }
    place.type = type
    // What holds something that must be there must be there itself.
    if (!optional) for (const one of path) one.isOptional = false
  }
  return root
}

function keyOf({ keys }: Place, name: string): Place {
  const place = keys.get(name) ?? { isOptional: true, keys: new Map() }
  keys.set(name, place)
  return place
}

function itemOf(place: Place): Place {
  place.item ??= { isOptional: true, keys: new Map() }
  return place.item
}

function misfits(value: unknown, { type, keys, item }: Place, at: string): string[] {
  if (type !== undefined)
    return isOfType(value, type) ? [] : [`${at} is no ${type}: ${JSON.stringify(value)}`]
  if (item) {
    if (!Array.isArray(value)) return [`${at} is no list`]
    return value.flatMap((one) => misfits(one, item, `${at}[]`))
  }
  if (!isOfType(value, 'mapping')) return [`${at} is no mapping`]
  const found = Object.entries(value as object)
  const missing = [...keys].filter(
    ([name, place]) => !place.isOptional && !found.some(([key]) => key === name),
  )
  return [
    ...missing.map(([name]) => `${at}.${name} is missing`),
    ...found.flatMap(([name, one]) => {
      const place = keys.get(name)
      return place ? misfits(one, place, `${at}.${name}`) : [`${at}.${name} is not documented`]
    }),
  ]
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'mapping') return typeof value === 'object' && value !== null && !Array.isArray(value)
  const names: Readonly<Record<string, string>> = {
    text: 'string',
    number: 'number',
    'true or false': 'boolean',
  }
  return typeof value === names[type]
}
