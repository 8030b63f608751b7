import { FlambeError } from '../errors.ts'
import { isComponent } from './brand.ts'
import type { ComponentConfig, Config } from './config.ts'
import { escapeKey } from './kinds.ts'
import { makingOf } from './made.ts'

/**
 * The config of arguments that plain code gave: data as itself, components as they were made. A component that
 * is given twice is one instance with an `$id`.
 * @throws FlambeError `COMPONENT_INVALID` for an argument that no config can describe.
 */
export function configOfArguments(args: Readonly<Record<string, unknown>>): ComponentConfig['args'] {
  const seen = new Map<object, string>()
  return Object.fromEntries(
    Object.entries(args).map(([key, value]) => [escapeKey(key), configOf(value, { path: key, seen })]),
  )
}

function configOf(value: unknown, at: { path: string; seen: Map<object, string> }): Config {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'bigint') return { $value: 'bigint', text: `${value}` }
  if (typeof value === 'number')
    return Number.isFinite(value) ? value : { $value: 'number', text: `${value}` }
  if (typeof value !== 'object') throw undescribed(value, at.path)
  if (isComponent(value)) return configOfComponent(value, at)
  const below = (key: string) => ({ ...at, path: `${at.path}.${key}` })
  if (Array.isArray(value)) return value.map((item, index) => configOf(item, below(`${index}`)))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw undescribed(value, at.path)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [escapeKey(key), configOf(item, below(key))]),
  )
}

function configOfComponent(
  value: object,
  { path, seen }: { path: string; seen: Map<object, string> },
): Config {
  const known = seen.get(value)
  if (known !== undefined) return { $ref: known }
  const making = makingOf(value)
  if (!making) throw undescribed(value, path)
  seen.set(value, path)
  return { ...making.config, $id: path }
}

function undescribed(value: unknown, path: string): FlambeError {
  const kind = typeof value === 'object' ? `a ${value?.constructor?.name ?? 'object'}` : `a ${typeof value}`
  return new FlambeError(
    'COMPONENT_INVALID',
    `the argument ${path} is ${kind}, which a config cannot describe`,
    {
      hint: 'make components with Class.create(args); other arguments are data',
    },
  )
}
