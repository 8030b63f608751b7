import { FlambeError } from '../errors.ts'
import type { ComponentObject, State } from './object.ts'

// The names that `registerState` added, on the object itself: see `made.ts` for why.
const key = Symbol.for('flambe.state')

/**
 * The registered attributes of this object's classes (`static state`, inherited ones too) and of itself.
 * @throws FlambeError `COMPONENT_INVALID` for a `static state` that is no list of names.
 */
export function stateNames(object: ComponentObject): readonly string[] {
  const names = new Set<string>()
  for (
    let type: unknown = object.constructor;
    typeof type === 'function';
    type = Object.getPrototypeOf(type)
  ) {
    for (const name of ownNames(type)) names.add(name)
  }
  const registered = key in object ? (object[key] as readonly string[]) : []
  return [...names, ...registered.filter((name) => !names.has(name))]
}

function ownNames(type: { readonly name: string }): readonly string[] {
  const own: unknown = Object.hasOwn(type, 'state') ? Reflect.get(type, 'state') : []
  if (Array.isArray(own) && own.every((name) => typeof name === 'string')) return own
  throw new FlambeError('COMPONENT_INVALID', `static state of ${type.name} is no list of attribute names`, {
    hint: "write static state = ['weight']",
  })
}

/** Adds attributes to those that are saved. */
export function registerState(object: ComponentObject, names: readonly string[]): void {
  for (const name of names) requireAttribute(object, name)
  const value = [...new Set([...stateNames(object), ...names])]
  Object.defineProperty(object, key, { value, enumerable: false, configurable: true })
}

/** The registered attributes' values. */
export function registeredState(object: ComponentObject): State {
  return Object.fromEntries(
    stateNames(object).map((name) => {
      requireAttribute(object, name)
      return [name, Reflect.get(object, name)]
    }),
  )
}

/** Gives the registered attributes their saved values: every one of them, and nothing else. */
export function restoreRegistered(object: ComponentObject, state: State): void {
  const names = stateNames(object)
  const missing = names.filter((name) => !Object.hasOwn(state, name))
  const unexpected = Object.keys(state).filter((name) => !names.includes(name))
  if (missing.length > 0 || unexpected.length > 0) throw misfit(object, { missing, unexpected })
  for (const name of names) {
    if (Reflect.set(object, name, state[name])) continue
    throw new FlambeError('STATE_INVALID', `${nameOf(object)} does not let its attribute ${name} be set`, {
      hint: 'give it a setter, or take the state in loadState',
    })
  }
}

/**
 * What is to be saved of this object: what its `saveState` says, else its registered attributes.
 * @throws FlambeError `STATE_INVALID`; `COMPONENT_FAILED` where `saveState` throws.
 */
export function readState(object: ComponentObject): State {
  if (!object.saveState) return registeredState(object)
  const state: unknown = attempt(object, 'saveState', () => object.saveState?.())
  const prototype: unknown = typeof state === 'object' && state !== null && Object.getPrototypeOf(state)
  if (prototype === Object.prototype || prototype === null) return state as State
  const given = state instanceof Promise ? 'a Promise: it is not async' : `${typeof state}, and not a mapping`
  throw new FlambeError('STATE_INVALID', `saveState of ${nameOf(object)} gave ${given}`, {
    hint: 'return an object of names and values',
  })
}

/**
 * Gives the object its saved state back, by its `loadState` where it has one.
 * @throws FlambeError `STATE_INVALID`; `COMPONENT_FAILED` where `loadState` throws.
 */
export async function restoreState(object: ComponentObject, state: State): Promise<void> {
  if (!object.loadState) return restoreRegistered(object, state)
  try {
    await object.loadState(state)
  } catch (cause) {
    throw failure(object, 'loadState', cause)
  }
}

function attempt<T>(object: ComponentObject, name: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw failure(object, name, cause)
  }
}

function failure(object: ComponentObject, name: string, cause: unknown): FlambeError {
  if (cause instanceof FlambeError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new FlambeError('COMPONENT_FAILED', `${name} of ${nameOf(object)} failed: ${reason}`, { cause })
}

function requireAttribute(object: ComponentObject, name: string): void {
  if (name in object) return
  throw new FlambeError(
    'STATE_INVALID',
    `${nameOf(object)} object has no attribute ${name}, so it cannot be registered`,
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
    `saved state does not fit ${nameOf(object)}: ${parts.join(' and ')}`,
    {
      hint: 'the class has changed since it was saved: raise its version, or take old state in loadState',
    },
  )
}

const nameOf = (object: object) => object.constructor.name
