import type { Json, JsonSchema } from '../construct/index.ts'
import { FlambeError, type Problem } from '../errors.ts'
import { type ServeSettings, type Setting, settings } from './settings.ts'

/** Where settings come from: what is named first wins. */
export type SettingSources = {
  /** By the setting's name. */
  readonly flags?: Readonly<Record<string, unknown>>
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The `serve:` section, as it travels in the manifest. */
  readonly spec?: Readonly<Record<string, Json>> | undefined
  /** Texts that take the place of the table's own defaults. */
  readonly defaults?: Readonly<Record<string, string>>
}

/**
 * The settings of a server.
 * @throws FlambeError `SETTINGS_INVALID` that lists every value that does not fit, and where it was given.
 */
export function resolveSettings(sources: SettingSources): ServeSettings {
  const problems = unknownNames(sources.spec ?? {})
  const found: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries<Setting>(settings)) {
    const given = givenOf(name, setting, sources)
    if (!given) continue
    const value = setting.kind.read(given.value)
    if (value === undefined) problems.push(misfit(name, setting, given))
    else found[name] = value
  }
  if (problems.length === 0) return found as ServeSettings
  throw new FlambeError('SETTINGS_INVALID', problems.map(({ message }) => message).join('; '), { problems })
}

/** `maxBatchSize` -> `max-batch-size`. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** `maxBatchSize` -> `FLAMBE_MAX_BATCH_SIZE`, and what is looked at after it. */
export function variablesOf(name: string, { variables = [] }: Setting): readonly string[] {
  return [`FLAMBE_${flagOf(name).replaceAll('-', '_').toUpperCase()}`, ...variables]
}

/** The schema of the `serve:` section. */
export function serveSchema(): JsonSchema {
  const rows = Object.entries<Setting>(settings).filter(([, { secret }]) => !secret)
  return {
    description: 'How the component is served: the defaults of flags and environment variables.',
    type: 'object',
    properties: Object.fromEntries(
      rows.map(([name, { kind, description }]) => [name, { description, ...(kind.schema as object) }]),
    ),
    additionalProperties: false,
  }
}

type Given = { readonly value: unknown; readonly where: string }

function givenOf(name: string, setting: Setting, sources: SettingSources): Given | undefined {
  const { flags = {}, environment = {}, spec = {}, defaults = {} } = sources
  if (flags[name] !== undefined) return { value: flags[name], where: `--${flagOf(name)}` }
  const variable = variablesOf(name, setting).find((one) => environment[one])
  if (variable !== undefined) return { value: environment[variable], where: variable }
  if (!setting.secret && Object.hasOwn(spec, name))
    return { value: spec[name], where: `serve.${name} of the spec` }
  const place = setting.defaultWhere?.find((one) => environment[one.variable])
  const value = place?.default ?? defaults[name] ?? setting.default
  return value === undefined ? undefined : { value, where: 'the default' }
}

function misfit(name: string, { kind, secret }: Setting, { value, where }: Given): Problem {
  const shown = secret ? 'is not' : `is ${JSON.stringify(value)}`
  return { severity: 'error', message: `${name} takes ${kind.accepts}, and ${where} ${shown}` }
}

function unknownNames(spec: Readonly<Record<string, Json>>): Problem[] {
  return Object.keys(spec)
    .filter((name) => !Object.hasOwn(settings, name) || settings[name as keyof ServeSettings].secret)
    .map((name) => ({ severity: 'error', message: `serve.${name} of the spec is no setting` }))
}
