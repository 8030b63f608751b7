import { FlambeError } from '../errors.ts'
import type { ComponentObject, State } from './object.ts'

// The names that `registerState` added, on the object itself: see `made.ts` for why.
const key = Symbol.for('flambe.state')

/** The registered attributes of this object's classes (`static state`, inherited ones too) and of itself. */
export function stateNames(object: ComponentObject): readonly string[] {
  const names = new Set<string>()
  for (
    let type: unknown = object.constructor;
    typeof type === 'function';
    type = Object.getPrototypeOf(type)
  ) {
    const own: unknown = Object.hasOwn(type, 'state') ? Reflect.get(type, 'state') : []
    if (Array.isArray(own)) for (const name of own) names.add(String(name))
  }
  const registered = key in object ? (object[key] as readonly string[]) : []
  return [...names, ...registered.filter((name) => !names.has(name))]
}

/** Adds attributes to those that are saved. */
export function registerState(object: ComponentObject, names: readonly string[]): void {
  for (const name of names) requireAttribute(object, name)
  const value = [...new Set([...stateNames(object), ...names])]
  Object.defineProperty(object, key, { value, enumerable: false, configurable: true })
}

/** What is to be saved of this object: what its `saveState` says, else its registered attributes. */
export function readState(object: ComponentObject): State {
  if (object.saveState) return object.saveState()
  return Object.fromEntries(
    stateNames(object).map((name) => {
      requireAttribute(object, name)
      return [name, Reflect.get(object, name)]
    }),
  )
}

/** Gives the object its saved state back: every registered attribute, and nothing else. */
export async function restoreState(object: ComponentObject, state: State): Promise<void> {
  if (object.loadState) return object.loadState(state)
  const names = stateNames(object)
  const missing = names.filter((name) => !Object.hasOwn(state, name))
  const unexpected = Object.keys(state).filter((name) => !names.includes(name))
  if (missing.length > 0 || unexpected.length > 0) throw misfit(object, { missing, unexpected })
  for (const name of names) Reflect.set(object, name, state[name])
}

function requireAttribute(object: ComponentObject, name: string): void {
  if (name in object) return
  const type = object.constructor.name
  throw new FlambeError(
    'STATE_INVALID',
    `${type} object has no attribute ${name}, so it cannot be registered`,
    {
      hint: 'set it in the constructor, and register it at its end',
    },
  )
}

function misfit(
  object: ComponentObject,
  { missing, unexpected }: { missing: readonly string[]; unexpected: readonly string[] },
): FlambeError {
  const parts = [
    ...(missing.length > 0 ? [`it lacks ${missing.join(', ')}`] : []),
    ...(unexpected.length > 0 ? [`it has ${unexpected.join(', ')}, which the class does not know`] : []),
  ]
  return new FlambeError(
    'STATE_INVALID',
    `saved state does not fit ${object.constructor.name}: ${parts.join(' and ')}`,
    {
      hint: 'the class has changed since it was saved: raise its version, or take old state in loadState',
    },
  )
}
