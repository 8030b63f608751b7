import { parseArgs } from 'node:util'
import { FlambeError } from '../errors.ts'
import { flagOf } from './resolve-settings.ts'
import { settings } from './settings.ts'

/**
 * The settings that the arguments of an image give, by name: flags, after `serve` or nothing.
 * @throws FlambeError `USAGE`
 */
export function flagsOf(args: readonly string[]): Readonly<Record<string, string>> {
  const names = new Map(Object.keys(settings).map((name) => [flagOf(name), name]))
  const options = Object.fromEntries([...names.keys()].map((flag) => [flag, { type: 'string' } as const]))
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const [command = 'serve', ...more] = positionals
    if (command !== 'serve' || more.length > 0)
      throw new TypeError(`it does nothing named "${positionals.join(' ')}"`)
    return Object.fromEntries(
      Object.entries(values).map(([flag, value]) => [names.get(flag) ?? flag, String(value)]),
    )
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FlambeError('USAGE', `this image serves a component: ${reason}`, {
      cause,
      hint: 'give it "serve" and flags such as --workers 2, or nothing',
    })
  }
}
