import type { ComponentConfig } from './config.ts'

/** How an object was made: enough to make it again. */
export type Making = {
  readonly config: ComponentConfig
  /** The arguments as the constructor got them: components in them are parts of the object. */
  readonly args: Readonly<Record<string, unknown>>
}

// On the object itself and not in a WeakMap of this module: another copy of flambe finds it too.
const key = Symbol.for('flambe.making')

/** How `object` was made, or undefined for one that plain code made with `new`. */
export function makingOf(object: object): Making | undefined {
  return key in object ? (object[key] as Making) : undefined
}

export function rememberMaking(object: object, making: Making): void {
  Object.defineProperty(object, key, { value: making, enumerable: false, configurable: true })
}
