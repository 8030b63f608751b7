import { join } from 'node:path'
import { Flags } from '@oclif/core'
import type { RunSpecOptions } from '../builders/index.ts'
import { parseOverride, type Session } from './command.ts'
import { homeDirectory } from './environment.ts'

/** The flags of every command that reads a spec. */
export const specFlags = {
  set: Flags.string({
    description: 'override one value of the spec',
    helpValue: 'key.path=value',
    multiple: true,
    multipleNonGreedy: true,
  }),
  'install-extensions': Flags.boolean({
    char: 'i',
    description: 'fetch extensions that are packages or repositories',
  }),
  secrets: Flags.string({
    char: 's',
    description: 'secrets file (default: ~/.flambe/secrets.ini)',
    helpValue: 'FILE',
  }),
}

type SpecFlags = {
  readonly set?: readonly string[] | undefined
  readonly 'install-extensions'?: boolean
  readonly secrets?: string | undefined
  readonly force?: boolean
  readonly verbose?: boolean
  readonly debug?: boolean
}

/** The flags as the options of `runSpec`. */
export function specOptions(flags: SpecFlags, { progress, signal, cacheDirectory }: Session): RunSpecOptions {
  const { set = [], secrets, force = false, verbose = false, debug = false } = flags
  return {
    overrides: set.map(parseOverride),
    install: flags['install-extensions'] ?? false,
    secrets: { file: secrets ?? join(homeDirectory(), 'secrets.ini'), optional: secrets === undefined },
    force,
    verbose,
    debug,
    progress,
    signal,
    cacheDirectory,
  }
}
