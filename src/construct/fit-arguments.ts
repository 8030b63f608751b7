import { FlambeError } from '../errors.ts'
import type { JsonSchema } from './json-schema.ts'
import { reviver } from './revive.ts'

type Arguments = Readonly<Record<string, unknown>>

/**
 * The arguments as the parameters' types declare them: a list for a Float32Array is one. A spec's arguments were
 * checked when it was compiled; those of an earlier version of the class are checked here.
 * @throws FlambeError `COMPONENT_INVALID` for an argument that the class does not take (any more), or lacks.
 */
export function fitArguments(args: Arguments, parameters: JsonSchema | undefined, name: string): Arguments {
  if (typeof parameters !== 'object') return args
  const { properties = {}, required, additionalProperties } = parameters
  const unknown = Object.keys(args).find((one) => !Object.hasOwn(properties as object, one))
  if (unknown !== undefined && additionalProperties === false) {
    throw misfit(`argument "${unknown}" is no longer accepted by ${name}`)
  }
  const lacking = Array.isArray(required) && required.map(String).find((one) => !Object.hasOwn(args, one))
  if (typeof lacking === 'string')
    throw misfit(`${name} needs the argument "${lacking}", which was not saved`)
  return reviver(parameters)(args) as Arguments
}

function misfit(message: string): FlambeError {
  return new FlambeError('COMPONENT_INVALID', message, {
    hint: 'the class has changed since it was saved: give the argument a default, or build again from its new arguments',
  })
}
