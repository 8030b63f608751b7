import type { ComponentObject } from './object.ts'

/**
 * Marks components and what `register` gives. Symbols of the global registry, so that two copies of flambe in
 * one process (an extension's dependency may bring one) still know each other's objects.
 */
export const componentBrand = Symbol.for('flambe.component')
export const registrationBrand = Symbol.for('flambe.registration')
export const runnableBrand = Symbol.for('flambe.runnable')

/** True for an instance of a Component, of whichever copy of flambe. */
export function isComponent(value: unknown): value is ComponentObject {
  return typeof value === 'object' && value !== null && componentBrand in value
}

/** True for a class that extends Component. */
export function isComponentClass(value: unknown): value is abstract new (args: never) => ComponentObject {
  return typeof value === 'function' && isComponent(value.prototype)
}

/** True for a class that extends Runnable. */
export function isRunnableClass(value: unknown): value is abstract new (args: never) => object {
  return (
    typeof value === 'function' && typeof value.prototype === 'object' && runnableBrand in value.prototype
  )
}

/** True for a class that is neither a Component nor a Runnable: most often, what it extends was forgotten. */
export function isPlainClass(value: unknown): boolean {
  if (typeof value !== 'function' || isComponentClass(value) || isRunnableClass(value)) return false
  return /^class\b/.test(Function.prototype.toString.call(value))
}

/** What to write for one. */
export const extendsComponent = (name: string) =>
  `"class ${name} extends Component", with Component from 'flambe'`

/** A class that does not extend Component, with what flambe needs to make its instances. */
export type Registration = {
  readonly [registrationBrand]: true
  readonly class: abstract new (...args: never) => object
  /** Makes an instance from named arguments. */
  readonly create: (args: Readonly<Record<string, unknown>>) => unknown
  readonly aliases: readonly string[]
}

export function isRegistration(value: unknown): value is Registration {
  return typeof value === 'object' && value !== null && registrationBrand in value
}

/** What a `$type` of a config can name. */
export type Constructible = (abstract new (args: never) => object) | Registration
